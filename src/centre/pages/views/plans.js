// @ts-check
// Plans: what runs, what is aimed at, what was weighed, what was; two held against each other; approve, schedule, roll back.
import { get, list, post } from '../api.js';
import { ask } from '../ask.js';
import { field as dateField, instant, num, signed, stamp } from '../format.js';
import { badge, field, mark, nothing, place, section, table, tdn, th, title } from '../parts.js';
import { may, now, state } from '../state.js';
import { cyclic } from '../diagram/cyclic.js';
import { name, t, word } from '../text.js';
import { h } from '../tree.js';
import { View, announce } from '../view.js';

/** @typedef {import('../shapes.js').PlanSet} PlanSet */

class Plans extends View {
  topics = ['language', 'session', 'network'];
  /** @type {any} */
  page = null;
  /** @type {{a: any, b: any}} */
  chosen = { a: null, b: null };
  /** @type {any} */
  compared = null;

  start() {
    void this.load();
    this.hear('plans', () => void this.load());
    this.every(5000, () => { if (!state.stale) void this.load(); });
  }

  async load() {
    const page = await this.attempt(get('plans'));
    if (page) this.page = page;
    this.paint();
  }

  /** @returns {PlanSet[]} each set once, the present first */
  sets() {
    const { running, target, candidate, history } = this.page ?? {};
    const all = [candidate, target, running, ...list(history)].filter(Boolean);
    return [...new Map(all.filter((one) => one.id !== 0).map((one) => [String(one.id), one])).values()];
  }

  /** @param {any} a @param {any} b */
  async compare(a, b) {
    this.chosen = { a, b };
    if (a !== null && b !== null && a !== b) this.compared = await this.attempt(post('plans/compare', { a, b }));
    else this.compared = null;
    this.paint();
  }

  /** @param {PlanSet} set @param {boolean} later */
  async approve(set, later) {
    const everywhere = state.network?.corridors.map((one) => one.id) ?? [];
    const roads = state.network?.corridors ?? [];
    const held = await ask({ title: t(later ? 'plans.schedule.title' : 'plans.approve.title', { id: set.id }), text: h('p', null, t('plans.approve.text')), act: t(later ? 'plans.schedule' : 'plans.approve'), typed: everywhere, fields: [
      roads.length > 1 ? field(t('corridor'), h('select', { name: 'corridor' }, h('option', { value: '' }, t('corridor.all')), roads.map((road) => h('option', { value: road.id }, name(road.name))))) : null,
      later ? field(t('from'), h('input', { name: 'at', type: 'datetime-local', required: true, value: dateField(now() + 600) })) : null,
      field(t('minutes'), h('input', { name: 'minutes', type: 'number', min: 1, max: 1440, value: 60, required: true })),
      field(t('why'), h('input', { name: 'why', required: true, minlength: 3 }))] });
    if (!held) return;
    const { at, minutes, corridor, ...rest } = held;
    const body = { ...rest, minutes: Number(minutes), ...(corridor ? { corridor } : {}), ...(later ? { at: instant(at) } : {}) };
    if (await this.attempt(post(`plans/${encodeURIComponent(set.id)}/${later ? 'schedule' : 'approve'}`, body).then(() => true))) announce(t(later ? 'plans.scheduled' : 'plans.approved', { id: set.id }));
    await this.load();
  }

  async back() {
    const everywhere = state.network?.corridors.map((one) => one.id) ?? [];
    const held = await ask({ title: t('plans.rollback'), text: h('p', null, t('plans.rollback.text')), typed: everywhere, fields: [field(t('why'), h('input', { name: 'why', required: true, minlength: 3 }))] });
    if (!held) return;
    if (await this.attempt(post('plans/rollback', { ...held, minutes: 60 }).then(() => true))) announce(t('plans.rolledback'));
    await this.load();
  }

  render() {
    if (!this.page) return [title(t('nav.plans')), nothing('loading')];
    const { running, target, candidate } = this.page;
    const way = !running || running.id === 0 || (target && running.id !== target.id);
    return [
      title(t('nav.plans'), way ? badge('transition', t('transition')) : badge('instep', t('instep')), may('engineer') ? h('button', { id: 'rollback', onclick: () => this.back() }, t('plans.rollback')) : null),
      h('div', { class: 'columns' }, this.card('plans.target', target, false), this.card('plans.candidate', candidate, true)),
      section(t('plans.history'), this.history()),
      this.compared ? this.difference(this.compared) : null,
    ];
  }

  /** @param {string} key @param {PlanSet | undefined} set @param {boolean} offer */
  card(key, set, offer) {
    if (!set) return section(t(key), nothing('plans.none'));
    return h('section', { class: 'card', 'data-set': set.id }, h('h2', null, t(key), ' ', h('b', null, `#${set.id}`), ' ', badge('origin', word('origin', set.origin))),
      h('p', { class: 'quiet' }, stamp(set.made_at), set.by ? ` · ${set.by}` : ''),
      table([t('corridor'), th(t('cycle')), th(t('band.out')), th(t('band.in'))], list(set.corridors).map((road) => h('tr', { key: road.id }, h('th', { scope: 'row' }, name(state.network?.corridors.find((one) => one.id === road.id)?.name)),
        tdn(num(road.cycle_s, 0, 's')), h('td', { class: 'number' }, num(road.outbound_band_s, 0, 's')), h('td', { class: 'number' }, num(road.inbound_band_s, 0, 's'))))),
      this.effects(set),
      h('div', { class: 'actions' }, offer && may('engineer') ? [h('button', { class: 'main approve', onclick: () => this.approve(set, false) }, t('plans.approve')), h('button', { class: 'schedule', onclick: () => this.approve(set, true) }, t('plans.schedule'))] : null,
        offer && this.page.target ? h('button', { class: 'compare', onclick: () => this.compare(this.page.target.id, set.id) }, t('plans.compare.target')) : null));
  }

  /** What was foretold and what was seen. @param {PlanSet} set */
  effects(set) {
    const facts = [...Object.entries(set.predicted ?? {}).map(([key, value]) => [t('plans.predicted'), word('measure', key), value, key]), ...Object.entries(set.measured ?? {}).map(([key, value]) => [t('plans.measured'), word('measure', key), value, key])];
    if (facts.length === 0) return null;
    return h('p', { class: 'facts-line' }, facts.map(([kind, label, value, key]) => h('span', { class: 'fact', key: kind + key }, `${kind} · ${label} `, h('b', null, num(value, key === 'worst_saturation' ? 2 : value > 100 ? 0 : 1)), ' ')));
  }

  history() {
    const sets = this.sets();
    if (sets.length === 0) return nothing('plans.none');
    const pick = (/** @type {'a' | 'b'} */ side, /** @type {PlanSet} */ set) => h('td', null, h('input', { type: 'radio', name: `side-${side}`, 'aria-label': `${side.toUpperCase()} #${set.id}`, '.checked': this.chosen[side] === set.id,
      onchange: () => this.compare(side === 'a' ? set.id : this.chosen.a, side === 'b' ? set.id : this.chosen.b) }));
    return table(['A', 'B', th('№'), t('plans.made'), t('plans.origin'), th(t('cycle')), th(t('band.out')), th(t('band.in')), th(t('plans.predicted')), th(t('plans.measured')), ''], sets.slice(0, 40).map((set) => {
      const roads = list(set.corridors);
      const mean = (/** @type {string} */ key) => (roads.length > 0 ? roads.reduce((sum, road) => sum + (road[key] ?? 0), 0) / roads.length : undefined);
      const mine = [this.page.running?.id === set.id ? badge('instep', t('plans.running')) : null, this.page.target?.id === set.id ? badge('origin', t('plans.target')) : null, this.page.candidate?.id === set.id ? badge('origin', t('plans.candidate')) : null];
      return h('tr', { key: set.id }, pick('a', set), pick('b', set), tdn(set.id), h('td', null, stamp(set.made_at)), h('td', null, word('origin', set.origin)), tdn(num(mean('cycle_s'), 0, 's')), tdn(num(mean('outbound_band_s'), 0, 's')), tdn(num(mean('inbound_band_s'), 0, 's')),
        tdn(num(set.predicted?.delay_veh_h_per_h, 1)), tdn(set.measured ? `${num(set.measured.outbound_km_h, 1)} / ${num(set.measured.inbound_km_h, 1)} km/h` : '—'),
        h('td', null, mine, may('engineer') && this.page.target?.id !== set.id && this.page.candidate?.id !== set.id ? h('button', { class: 'slim', onclick: () => this.approve(set, false) }, t('plans.again')) : null));
    }));
  }

  /** @param {{a: PlanSet, b: PlanSet, differ?: string[]}} both */
  difference({ a, b, differ }) {
    const other = new Map(b.plans.map((plan) => [plan.intersection, plan]));
    const rows = a.plans.filter((plan) => !differ || differ.includes(plan.intersection));
    const change = (/** @type {number} */ x, /** @type {number | undefined} */ y) => (y === undefined ? '—' : Math.abs(x - y) < 0.05 ? num(x) : h('span', null, h('del', null, num(x)), ' ', h('ins', null, num(y))));
    const greens = (/** @type {any} */ plan) => list(plan?.stages).map((one) => `${one.stage}:${num(one.green_s)}`).join('  ');
    const effect = (/** @type {string} */ key) => [a.predicted?.[key], b.predicted?.[key]];
    return section(t('plans.difference', { a: a.id, b: b.id }),
      table([t('measure'), th(`A #${a.id}`), th(`B #${b.id}`), th(t('difference'))], ['delay_veh_h_per_h', 'stops_per_h', 'side_delay_veh_h_per_h', 'worst_saturation'].map((key) => {
        const [x, y] = effect(key);
        const digits = key === 'worst_saturation' ? 2 : key === 'stops_per_h' ? 0 : 1;
        return h('tr', { key }, h('th', { scope: 'row' }, `${t('plans.predicted')} · ${word('measure', key)}`), tdn(num(x, digits)), tdn(num(y, digits)), tdn(x === undefined || y === undefined ? '—' : h('span', { class: y < x ? 'good' : y > x ? 'bad' : '' }, signed(y - x, digits))));
      }).concat(['outbound_km_h', 'inbound_km_h'].map((key) => h('tr', { key }, h('th', { scope: 'row' }, `${t('plans.measured')} · ${word('measure', key)}`), tdn(num(a.measured?.[key], 1)), tdn(num(b.measured?.[key], 1)),
        tdn(a.measured && b.measured ? signed(b.measured[key] - a.measured[key], 1) : '—'))))),
      h('div', { class: 'columns' }, state.network?.corridors.map((road) => [h('div', { key: `${road.id}a` }, h('h3', null, `A #${a.id} · ${name(road.name)}`), cyclic(road, a)), h('div', { key: `${road.id}b` }, h('h3', null, `B #${b.id} · ${name(road.name)}`), cyclic(road, b))])),
      rows.length === 0 ? nothing('plans.same') : table([t('row.intersection'), th(t('cycle')), th(t('row.offset')), t('plans.greens')], rows.map((plan) => {
        const that = other.get(plan.intersection);
        return h('tr', { key: plan.intersection }, h('th', { scope: 'row' }, place(plan.intersection)), tdn(change(plan.cycle_s, that?.cycle_s)), tdn(change(plan.offset_s, that?.offset_s)),
          h('td', null, greens(plan) === greens(that) ? greens(plan) : [h('del', null, greens(plan)), ' → ', h('ins', null, greens(that))]));
      })),
      h('p', { class: 'quiet' }, mark('low'), ' ', t('plans.model')));
  }
}
customElements.define('gw-plans', Plans);
