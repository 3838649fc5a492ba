// @ts-check
// Before and after: two periods of a corridor held against each other, every difference with its interval.
import { get, list } from '../api.js';
import { field as dateField, instant, num, signed } from '../format.js';
import { field, held, nothing, section, select, table, tdn, th, title } from '../parts.js';
import { now, state } from '../state.js';
import { name, t, word } from '../text.js';
import { h } from '../tree.js';
import { View } from '../view.js';

class Reports extends View {
  topics = ['language', 'network'];
  /** @type {any} */
  report = null;

  /** @param {Event} event */
  async make(event) {
    const { corridor, ...times } = held(event);
    const query = new URLSearchParams({ corridor });
    for (const key of ['a_from', 'a_until', 'b_from', 'b_until']) query.set(key, String(instant(times[key])));
    this.report = await this.attempt(get(`reports?${query}`));
    this.paint();
  }

  render() {
    const roads = state.network?.corridors ?? [];
    const at = state.city ? now() : Date.now() / 1000;
    const when = (/** @type {string} */ key, /** @type {number} */ before) => h('input', { name: key, type: 'datetime-local', required: true, value: dateField(at - before) });
    return [
      title(t('nav.reports')),
      h('section', { class: 'card' }, h('form', { class: 'form', onsubmit: (/** @type {Event} */ e) => this.make(e) }, field(t('corridor'), select('corridor', roads.map((one) => [one.id, name(one.name)]))),
        field(t('reports.afrom'), when('a_from', 7200)), field(t('reports.auntil'), when('a_until', 3600)), field(t('reports.bfrom'), when('b_from', 3600)), field(t('reports.buntil'), when('b_until', 0)), h('button', { type: 'submit', class: 'main' }, t('reports.make'))),
      h('p', { class: 'quiet' }, t('reports.text'))),
      this.report ? section(t('reports.result'), this.rows(list(this.report.rows ?? this.report)), list(this.report.notes).map((note) => h('p', { class: 'quiet' }, typeof note === 'string' ? note : name(note)))) : null,
    ];
  }

  /** @param {any[]} rows */
  rows(rows) {
    if (rows.length === 0) return nothing('reports.none');
    // the pictures share one scale of percent
    const share = (/** @type {any} */ row, /** @type {number} */ value) => (row.a ? (100 * value) / Math.abs(row.a) : NaN);
    const most = Math.max(5, ...rows.flatMap((row) => [share(row, row.lo ?? row.difference), share(row, row.hi ?? row.difference)]).filter(Number.isFinite).map(Math.abs));
    const x = (/** @type {number} */ value) => 100 + (value / most) * 92;
    return table([t('measure'), th('A'), th('B'), th(t('difference')), th(t('reports.interval')), th('n'), t('reports.picture')], rows.map((row, k) => {
      const known = row.lo !== undefined && row.lo !== null && row.hi !== undefined && row.hi !== null;
      const sure = known && (row.lo > 0 || row.hi < 0);
      const kind = !sure || row.more_is_better === undefined ? '' : (row.difference > 0) === row.more_is_better ? 'good' : 'bad';
      return h('tr', { key: k }, h('th', { scope: 'row' }, row.name ? name(row.name) : word('measure', row.measure), row.unit ? h('small', null, ` ${row.unit}`) : null), tdn(num(row.a, 1)), tdn(num(row.b, 1)), h('td', { class: `number ${kind}` }, signed(row.difference, 1), h('small', null, ` ${signed(share(row, row.difference), 0, '%')}`)),
        tdn(known ? `[${signed(row.lo, 1)}, ${signed(row.hi, 1)}]` : t('reports.nointerval')), tdn(row.n ?? '—'),
        h('td', null, Number.isFinite(share(row, row.difference)) ? h('svg', { class: `interval ${kind}`, viewBox: '0 0 200 16', 'aria-hidden': 'true' }, h('path', { class: 'zero', d: 'M100 0V16' }), known ? h('path', { class: 'line', d: `M${x(share(row, row.lo))} 8H${x(share(row, row.hi))}` }) : null, h('circle', { cx: x(share(row, row.difference)), cy: 8, r: 4 })) : null));
    }));
  }
}
customElements.define('gw-reports', Reports);
