// @ts-check
// The life of a definition: look at it, try a change, see everything wrong with it, stage, approve, apply, undo. The street runs on
// what was applied last; nothing typed here touches it before.
import { get, list, post } from '../api.js';
import { ask } from '../ask.js';
import { num, signed, stamp } from '../format.js';
import { badge, mark, nothing, section, table, tdn, th, title } from '../parts.js';
import { may, state } from '../state.js';
import { name, t, word } from '../text.js';
import { h } from '../tree.js';
import { View, announce } from '../view.js';

/** A value of a definition. @param {any} value */
const said = (value) => (value === null || value === undefined ? '' : typeof value === 'object' ? JSON.stringify(value) : typeof value === 'number' ? String(Number(value.toPrecision(6))) : String(value));
/** Large numbers whole, small ones with two places. @param {number} value */
const places = (value) => (Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);

/** A file without its folders. @param {string} path */
const short = (path) => String(path).split('/').pop() ?? path;

class Configuration extends View {
  topics = ['language', 'session'];
  /** @type {any[]} */
  files = [];
  /** @type {any[]} */
  changes = [];
  file = '';
  text = '';
  original = '';
  busy = false;
  /** @type {any} */
  verdict = null;

  start() { void this.load(); }

  async load() {
    const [files, changes] = await Promise.all([this.attempt(get('files')), this.attempt(get('changes'))]);
    this.files = list(files);
    this.changes = list(changes);
    if (!this.file && this.files.length > 0) await this.open(this.files[0].name);
    this.paint();
  }

  /** @param {string} file */
  async open(file) {
    if (this.text !== this.original && !(await ask({ title: t('files.lose'), act: t('files.discard') }))) return this.paint();
    const held = await this.attempt(get(`files/${encodeURIComponent(file)}`));
    if (!held) return;
    this.file = file;
    this.text = this.original = held.text;
    this.verdict = null;
    this.paint();
  }

  /** @param {'check' | 'stage'} what */
  async send(what) {
    this.busy = true;
    this.verdict = null;
    this.paint();
    try {
      const answer = await post(`files/${encodeURIComponent(this.file)}/${what}`, { text: this.text });
      this.verdict = answer;
      if (what === 'stage') {
        announce(t('files.staged'));
        this.original = this.text;
      }
    } catch (error) {
      this.verdict = { ok: false, problems: /** @type {any} */ (error).problems ?? [], failed: /** @type {any} */ (error).message };
    }
    this.busy = false;
    this.changes = list(await this.attempt(get('changes')));
    this.paint();
  }

  /** @param {any} change @param {string} what */
  async act(change, what) {
    // who wrote a change and approves it alone types the file's name
    const alone = what === 'approve' && change.by === state.session?.name;
    const held = what === 'approve' && !alone ? {} : await ask({ title: t(`changes.${what}.title`, { file: change.file }), act: t(`changes.${what}`), ...(alone ? { typed: change.file, solo: true } : {}) });
    if (!held) return;
    if (await this.attempt(post(`changes/${encodeURIComponent(change.id)}/${what}`, held).then(() => true))) announce(t(`changes.did.${what}`));
    this.changes = list(await this.attempt(get('changes')));
    this.paint();
  }

  render() {
    const edited = this.text !== this.original;
    return [
      title(t('nav.configuration')),
      h('section', { class: 'card' },
        h('div', { class: 'form' }, h('label', { class: 'field' }, h('span', null, t('files')), h('select', { name: 'file', '.value': this.file, onchange: (/** @type {any} */ e) => this.open(e.target.value) }, this.files.map((file) => h('option', { key: file.name, value: file.name }, short(file.name))))),
          edited ? badge('transition', t('files.edited')) : null, h('span', { class: 'space' }),
          h('button', { id: 'check', disabled: this.busy, onclick: () => this.send('check') }, t('files.check')), may('engineer') ? h('button', { id: 'stage', class: 'main', disabled: !edited || this.busy, onclick: () => this.send('stage') }, t('files.stage')) : null),
        this.result(),
        h('textarea', { class: 'code', 'aria-label': this.file, spellcheck: 'false', wrap: 'off', readonly: !may('engineer'), '.value': this.text, oninput: (/** @type {any} */ e) => { const was = this.text === this.original; this.text = e.target.value; if (was !== (this.text === this.original)) this.paint(); } })),
      section(t('changes'), this.list()),
    ];
  }

  result() {
    const v = this.verdict;
    if (this.busy) return h('p', { class: 'quiet', role: 'status' }, t('files.busy'));
    if (!v) return null;
    const problems = list(v.problems);
    return h('div', { role: 'status', class: 'verdict' },
      problems.length === 0 && !v.failed ? h('p', { class: 'good' }, '✓ ', t('files.good')) : h('p', { class: 'wrong' }, mark('high'), ' ', problems.length > 0 ? t('files.problems', { n: problems.length }) : v.failed),
      problems.length > 0 ? table([t('files.place'), t('files.rule'), t('files.mend')], problems.map((one, k) => h('tr', { key: k }, h('td', null, h('button', { class: 'slim', onclick: () => this.jump(one.place), title: one.place }, short(one.place))), h('td', null, one.rule), h('td', null, one.mend)))) : null,
      this.effect(v));
  }

  /** What is different, and what it would do. @param {any} v */
  effect(v) {
    const [differences, predicted] = [list(v.differences), list(v.predicted)];
    return [
      differences.length > 0 ? table([t('files.what'), t('files.before'), t('files.after')], differences.map((one, k) => h('tr', { key: k }, h('td', null, one.text ? `${name(one.text)} · ` : '', typeof one === 'string' ? one : one.place ?? ''), h('td', null, h('del', null, said(one.before))), h('td', null, h('ins', null, said(one.after)))))) : null,
      predicted.length > 0 ? table([t('measure'), th(t('files.before')), th(t('files.after')), th(t('difference'))], predicted.map((one, k) => h('tr', { key: k }, h('td', null, one.name ? name(one.name) : word('measure', one.measure), one.unit ? ` (${one.unit})` : ''), tdn(num(one.before, places(one.before))), tdn(num(one.after, places(one.before))), tdn(signed(one.after - one.before, places(one.before)))))) : null,
    ];
  }

  /** Puts the cursor on the line a problem names. @param {string} place */
  jump(place) {
    const line = Number(/:(\d+)/.exec(place)?.[1] ?? 0);
    const area = /** @type {HTMLTextAreaElement | null} */ (this.querySelector('textarea'));
    if (!area || line < 1) return;
    const lines = area.value.split('\n');
    const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
    area.focus();
    area.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
    area.scrollTop = Math.max(0, ((line - 6) / Math.max(1, lines.length)) * area.scrollHeight);
  }

  list() {
    if (this.changes.length === 0) return nothing('changes.none');
    return table([th('№'), t('files'), t('time'), t('who'), t('state'), t('files.what'), ''], this.changes.map((one) => h('tr', { key: one.id }, tdn(one.id), h('td', { title: one.file }, short(one.file)), h('td', null, stamp(one.at)), h('td', null, one.by ?? '', one.approved_by ? h('small', null, ` ✓ ${one.approved_by}`) : null),
      h('td', null, badge('origin', word('change', one.state))), h('td', null, h('details', null, h('summary', null, t('files.differences', { n: list(one.differences).length })), this.effect(one))),
      h('td', { class: 'number' }, may('engineer') ? [['staged', 'approve'], ['approved', 'apply'], ['applied', 'undo']].filter(([s]) => s === one.state).map(([, what]) => h('button', { key: what, class: 'slim', onclick: () => this.act(one, what) }, t(`changes.${what}`))) : null))));
  }
}
customElements.define('gw-configuration', Configuration);
