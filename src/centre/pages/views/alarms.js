// @ts-check
// Alarms, by group so that a flood stays readable; acknowledged, shelved with a reason and an end; and what one shift tells the next.
import { get, list, post } from '../api.js';
import { ask } from '../ask.js';
import { stamp, span } from '../format.js';
import { badge, field, held, mark, nothing, place, section, table, tdn, th, title } from '../parts.js';
import { may, now } from '../state.js';
import { name, t, word } from '../text.js';
import { h } from '../tree.js';
import { View, announce } from '../view.js';
import { standing } from '../live.js';

/** @typedef {import('../shapes.js').Alarm} Alarm */
const ORDER = ['high', 'medium', 'low'];

class Alarms extends View {
  topics = ['language', 'session', 'network'];
  /** @type {Alarm[]} */
  alarms = [];
  /** @type {any[]} */
  notes = [];
  all = false;
  known = false;
  open = new Set();

  start() {
    void this.load();
    this.hear('standing', (what) => { if (what === 'alarms') void this.load(); });
    this.every(1000, () => this.paint());
  }

  async load() {
    const [alarms, notes] = await Promise.all([this.attempt(get(`alarms?state=${this.all ? 'all' : 'open'}`)), this.attempt(get('handover'))]);
    if (alarms) this.alarms = list(alarms);
    if (notes) this.notes = list(notes);
    this.known = true;
    this.paint();
  }

  /** @param {string} path @param {any} body */
  async act(path, body) {
    const done = await this.attempt(post(path, body).then(() => true));
    if (done) announce(t('alarms.done'));
    await Promise.all([this.load(), standing()]);
  }

  /** @param {Alarm} alarm */
  async shelve(alarm) {
    const held = await ask({ title: t('alarms.shelve'), text: h('p', null, name(alarm.text)), act: t('alarms.shelve'), fields: [
      field(t('minutes'), h('input', { name: 'minutes', type: 'number', min: 1, max: 1440, value: 30, required: true })),
      field(t('why'), h('input', { name: 'why', required: true, minlength: 3 }))] });
    if (held) await this.act(`alarms/${encodeURIComponent(alarm.id)}/shelve`, { minutes: Number(held.minutes), why: held.why });
  }

  render() {
    /** @type {Map<string, Alarm[]>} */
    const groups = new Map();
    for (const alarm of this.alarms) {
      const key = alarm.group ?? `${alarm.kind} ${alarm.intersection ?? ''}`;
      groups.set(key, [...(groups.get(key) ?? []), alarm]);
    }
    const worst = (/** @type {Alarm[]} */ group) => Math.min(...group.map((one) => (one.state === 'open' ? 0 : 10) + ORDER.indexOf(one.severity)));
    const sorted = [...groups].sort(([, a], [, b]) => worst(a) - worst(b) || Math.max(...b.map((one) => one.at)) - Math.max(...a.map((one) => one.at)));
    return [
      title(t('alarms.title'), h('button', { class: 'slim toggle', 'aria-pressed': this.all ? 'true' : 'false', onclick: () => { this.all = !this.all; void this.load(); } }, t('alarms.all'))),
      h('section', { class: 'card' }, sorted.length === 0 ? nothing(this.known ? 'alarms.none' : 'loading') : table([t('severity'), t('alarm'), t('place'), th(t('count')), t('since'), t('state'), ''], sorted.map(([key, group]) => this.group(key, group)))),
      section(t('handover'), this.handover()),
    ];
  }

  /** @param {string} key @param {Alarm[]} group */
  group(key, group) {
    const open = group.filter((one) => one.state === 'open');
    const lead = [...group].sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity) || b.at - a.at)[0];
    if (group.length === 1) return this.row(lead, key);
    const wide = this.open.has(key);
    return [h('tr', { key, class: 'chosen' },
      h('td', null, mark(lead.severity), ' ', word('severity', lead.severity)),
      h('td', null, h('button', { class: 'slim', 'aria-expanded': wide ? 'true' : 'false', onclick: () => { if (wide) this.open.delete(key); else this.open.add(key); this.paint(); } }, wide ? '▾' : '▸'), ' ', h('b', null, t('alarms.group', { n: group.length })), ' ', name(lead.text)),
      h('td', null, lead.intersection ? place(lead.intersection) : lead.corridor ?? ''), tdn(group.reduce((sum, one) => sum + (one.count ?? 1), 0)), h('td', { class: 'number' }, span(now() - Math.min(...group.map((one) => one.at)))),
      h('td', null, open.length > 0 ? t('alarms.open', { n: open.length }) : word('alarmstate', lead.state)),
      h('td', { class: 'number' }, open.length > 0 && may('operator') ? h('button', { class: 'slim', onclick: () => this.act('alarms/acknowledge', { group: lead.group }) }, t('alarms.acknowledgeall')) : null)),
    wide ? group.map((one) => this.row(one, `${key}/${one.id}`)) : null];
  }

  /** @param {Alarm} one @param {string} key */
  row(one, key) {
    return h('tr', { key, class: `alarm ${one.state}`, 'data-id': one.id },
      h('td', null, mark(one.severity), ' ', word('severity', one.severity)), h('td', null, name(one.text)), h('td', null, one.intersection ? place(one.intersection) : one.corridor ?? ''),
      tdn(one.count ?? 1), h('td', { class: 'number', title: stamp(one.at) }, span(now() - one.at)),
      h('td', null, one.state === 'open' ? h('b', null, word('alarmstate', 'open')) : badge(one.state, word('alarmstate', one.state)), one.by ? h('small', null, ` ${one.by}`) : null, one.shelved_until ? h('small', null, ` → ${stamp(one.shelved_until)}`) : null),
      h('td', { class: 'number' }, may('operator') && one.state === 'open' ? [h('button', { class: 'slim acknowledge', onclick: () => this.act(`alarms/${encodeURIComponent(one.id)}/acknowledge`, {}) }, t('alarms.acknowledge')), ' '] : null,
        may('operator') && (one.state === 'open' || one.state === 'acknowledged') ? h('button', { class: 'slim', onclick: () => this.shelve(one) }, t('alarms.shelve')) : null));
  }

  handover() {
    const send = async (/** @type {Event} */ event) => {
      const form = /** @type {HTMLFormElement} */ (event.target);
      const { text } = held(event);
      if (await this.attempt(post('handover', { text }).then(() => true))) form.reset();
      void this.load();
    };
    return [
      may('operator') ? h('form', { class: 'form', onsubmit: send }, h('label', { class: 'field wide-field' }, h('span', null, t('handover.new')), h('textarea', { name: 'text', rows: 2, required: true })), h('button', { type: 'submit', class: 'main' }, t('handover.do'))) : null,
      this.notes.length === 0 ? nothing('handover.none') : this.notes.map((note, k) => h('article', { key: `${note.at}/${k}`, class: 'note' }, h('h3', null, stamp(note.at), ' · ', note.by), h('p', null, note.text))),
    ];
  }
}
customElements.define('gw-alarms', Alarms);
