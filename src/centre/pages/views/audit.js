// @ts-check
// Who did what, when, from where, with what outcome; and whether the chain of records still holds.
import { get, list } from '../api.js';
import { stamp } from '../format.js';
import { mark, nothing, table, tdn, th, title } from '../parts.js';
import { t, word } from '../text.js';
import { h } from '../tree.js';
import { View } from '../view.js';

const PAGE = 100;

/** Without what all paths begin with. @param {any} text */
const bare = (text) => String(text ?? '').replace('/api/v1/', '');

class Audit extends View {
  topics = ['language', 'network'];
  /** @type {any[]} */
  rows = [];
  /** @type {any} */
  verdict = null;
  more = true;
  known = false;

  start() { void this.load(); }

  async load() {
    const last = this.rows.at(-1)?.seq;
    const rows = list(await this.attempt(get(`audit?limit=${PAGE}${last === undefined ? '' : `&before=${last}`}`)));
    this.rows.push(...rows);
    this.more = rows.length === PAGE;
    this.known = true;
    this.paint();
  }

  async verify() {
    this.verdict = await this.attempt(get('audit/verify'));
    this.paint();
  }

  render() {
    const v = this.verdict;
    return [
      title(t('nav.audit'), h('button', { id: 'verify', onclick: () => this.verify() }, t('audit.verify')),
        v ? h('span', { role: 'status', class: v.whole ? 'good' : 'wrong' }, v.whole ? '✓ ' : mark('high'), ' ', t(v.whole ? 'audit.holds' : 'audit.broken', { n: v.records ?? '' }), h('code', null, ` #${v.last ?? ''} ${String(v.hash ?? '').slice(0, 16)}`)) : null),
      list(v?.findings).map((one, k) => h('p', { key: k, class: 'wrong' }, one.record === null || one.record === undefined ? '' : `#${one.record} · `, one.text)),
      h('section', { class: 'card' }, this.rows.length === 0 ? nothing(this.known ? 'audit.none' : 'loading') : table([th('№'), t('time'), t('who'), t('audit.from'), t('audit.action'), t('audit.subject'), t('audit.outcome'), t('audit.body')], this.rows.map((row) => h('tr', { key: row.seq },
        tdn(row.seq), h('td', { class: 'still' }, stamp(row.at)), h('td', { class: 'still' }, row.who, row.role ? h('small', null, ` ${word('role', row.role)}`) : null), h('td', null, row.from ?? ''), h('td', null, h('code', null, bare(row.action))), h('td', null, h('code', null, row.action?.endsWith(row.subject) ? '' : bare(row.subject))), h('td', null, row.outcome ?? ''),
        h('td', null, this.body(row))))),
      this.more && this.known ? h('button', { onclick: () => this.load() }, t('more')) : null),
    ];
  }

  /** @param {any} row */
  body(row) {
    const text = row.body === undefined || row.body === null || row.body === '' ? '' : typeof row.body === 'string' ? row.body : JSON.stringify(row.body);
    if (text === '') return null;
    return h('details', null, h('summary', null, h('code', null, text.length > 60 ? `${text.slice(0, 60)}…` : text)), h('pre', null, text), h('small', { class: 'quiet' }, row.hash ?? ''));
  }
}
customElements.define('gw-audit', Audit);
