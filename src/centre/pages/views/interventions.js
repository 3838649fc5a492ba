// @ts-check
// What people may do to the street. Everything has an end, a reason, a record; what touches a whole corridor is confirmed by hand.
import { call, get, list, post } from '../api.js';
import { ask } from '../ask.js';
import { span, stamp } from '../format.js';
import { standing } from '../live.js';
import { badge, field, held, nothing, place, section, select, table, tdn, th, title } from '../parts.js';
import { corridor, intersection, may, now, state } from '../state.js';
import { name, t, word } from '../text.js';
import { h } from '../tree.js';
import { View, announce } from '../view.js';

const KINDS = ['hold', 'freeze', 'local', 'plans', 'exclude', 'lane', 'weather'];
/** What touches everything, or a whole corridor, and is confirmed by hand. */
const GRAVE = new Set(['hold', 'local', 'plans']);

class Interventions extends View {
  topics = ['language', 'session', 'network'];
  /** @type {any[]} */
  rows = [];
  kind = 'hold';
  where = '';
  at = '';
  /** What is aimed at now: where a plan by hand begins. @type {import('../shapes.js').PlanSet | null} */
  target = null;

  start() {
    void this.load();
    this.hear('standing', (what) => { if (what === 'interventions') void this.load(); });
    this.every(1000, () => this.paint());
  }

  async load() {
    const rows = await this.attempt(get('interventions'));
    if (rows) this.rows = list(rows);
    this.paint();
  }

  /** @param {Event} event */
  async begin(event) {
    const form = /** @type {HTMLFormElement} */ (event.target);
    const { minutes, why, ...rest } = held(event);
    /** @type {Record<string, any>} */
    const body = { kind: this.kind, minutes: Number(minutes), why };
    const road = this.where.startsWith('road:') ? this.where.slice(5) : '';
    if (this.kind === 'local') Object.assign(body, road ? { corridor: road } : { intersections: [this.where || this.first()] });
    else if (this.kind === 'exclude') Object.assign(body, { intersection: this.at || this.first(), channel: Number(rest.channel) });
    else if (this.kind === 'lane') Object.assign(body, { intersection: this.at || this.first(), arm: rest.arm, lane: Number(rest.lane), state: rest.state });
    else if (this.kind === 'weather') body.weather = rest.weather;
    else if (this.kind === 'plans') Object.assign(body, { plans: [this.manual(form)] });
    const whole = road !== '' || this.kind === 'hold' || this.kind === 'freeze';
    if (whole && GRAVE.has(this.kind)) {
      const confirmed = await ask({ title: word('intervention', this.kind), text: h('p', null, t('interventions.sure', { minutes })), typed: road || this.everywhere(), act: t('interventions.begin') });
      if (!confirmed) return;
      Object.assign(body, confirmed);
    }
    const done = await this.attempt(post('interventions', body).then(() => true));
    if (done) {
      announce(t('interventions.begun', { what: word('intervention', this.kind) }));
      form.reset();
    }
    await Promise.all([this.load(), standing()]);
  }

  /** The plan typed by hand. @param {HTMLFormElement} form */
  manual(form) {
    const data = new FormData(form);
    const one = intersection(this.at || this.first());
    return { intersection: one?.id, cycle_s: Number(data.get('cycle')), offset_s: Number(data.get('offset')), stages: this.order(one?.id).map((stage) => ({ stage, green_s: Number(data.get(`green-${stage}`)) })) };
  }

  /** Stages in the order in which they come now. @param {string | undefined} id @returns {number[]} */
  order(id) {
    return this.target?.plans.find((plan) => plan.intersection === id)?.stages.map((split) => split.stage) ?? intersection(id ?? '')?.stages.map((stage) => stage.stage) ?? [];
  }

  first() { return state.network?.intersections[0]?.id ?? ''; }
  everywhere() { return state.network?.corridors.length === 1 ? state.network.corridors[0].id : 'city'; }

  /** @param {any} row */
  async end(row) {
    const done = await ask({ title: t('interventions.end', { what: word('intervention', row.kind) }), act: t('interventions.endnow') });
    if (done && (await this.attempt(call('DELETE', `interventions/${encodeURIComponent(row.id)}`).then(() => true)))) announce(t('interventions.ended'));
    await Promise.all([this.load(), standing()]);
  }

  render() {
    return [title(t('nav.interventions')), section(t('interventions.standing'), this.standing()), may('operator') ? section(t('interventions.new'), this.form()) : h('p', { class: 'quiet' }, t('viewer.only'))];
  }

  /** @param {string} kind */
  async turn(kind) {
    this.kind = kind;
    this.paint();
    if (kind === 'plans') {
      this.target = (await this.attempt(get('plans')))?.target ?? null;
      this.paint();
    }
  }

  standing() {
    const rows = this.rows.filter((row) => row.state !== 'ended');
    if (rows.length === 0) return nothing('interventions.none');
    return table([t('what'), t('place'), t('who'), t('why'), t('since'), th(t('interventions.left')), ''], rows.map((row) => h('tr', { key: row.id },
      h('td', null, badge('mark-intervention', word('intervention', row.kind)), row.text ? [' ', name(row.text)] : null),
      h('td', null, row.corridor ? name(corridor(row.corridor)?.name) || row.corridor : list(row.intersections).length > 0 ? list(row.intersections).slice(0, 6).map((id) => [place(id), ' ']) : row.intersection ? place(row.intersection) : t('everywhere'),
        row.channel ? ` ${t('detector.channel')} ${row.channel}` : '', row.lane !== undefined ? ` ${word('arm', row.arm)} ${t('detector.lane', { n: row.lane })} ${word('lane', row.lane_is)}` : '', row.weather ? ` ${word('weather', row.weather)}` : ''),
      h('td', null, row.by ?? '', row.second ? h('small', null, ` + ${row.second}`) : null), h('td', null, row.why ?? ''), h('td', null, stamp(row.from)), tdn(row.until ? h('b', null, span(row.until - now())) : '—'),
      h('td', { class: 'number' }, may('operator') ? h('button', { class: 'slim end', onclick: () => this.end(row) }, t('interventions.endnow')) : null))));
  }

  form() {
    const roads = state.network?.corridors ?? [];
    const all = state.network?.intersections ?? [];
    const one = intersection(this.at || this.first());
    const pick = () => field(t('row.intersection'), h('select', { name: 'intersection', onchange: (/** @type {any} */ e) => { this.at = e.target.value; this.paint(); } }, all.map((at) => h('option', { key: at.id, value: at.id }, `${at.id} ${name(at.name)}`))));
    const given = this.target?.plans.find((plan) => plan.intersection === one?.id);
    const green = (/** @type {number} */ stage) => given?.stages.find((split) => split.stage === stage)?.green_s ?? false;
    const days = this.kind === 'exclude' || this.kind === 'lane';
    return h('form', { onsubmit: (/** @type {Event} */ e) => this.begin(e) },
      h('div', { class: 'tabs', role: 'tablist', 'aria-label': t('what') }, KINDS.map((kind) => h('button', { key: kind, type: 'button', role: 'tab', class: 'toggle', 'aria-selected': this.kind === kind ? 'true' : 'false', 'aria-pressed': this.kind === kind ? 'true' : 'false', 'data-kind': kind,
        onclick: () => this.turn(kind) }, word('intervention', kind)))),
      h('p', { class: 'quiet' }, t(`intervention.${this.kind}.text`)),
      h('div', { class: 'form', key: this.kind },
        this.kind === 'local' ? field(t('place'), h('select', { name: 'where', onchange: (/** @type {any} */ e) => { this.where = e.target.value; } }, all.map((at) => h('option', { key: at.id, value: at.id }, `${at.id} ${name(at.name)}`)),
          roads.map((road) => h('option', { key: `road:${road.id}`, value: `road:${road.id}` }, t('interventions.whole', { road: name(road.name) }))))) : null,
        this.kind === 'exclude' ? [pick(), field(t('detector.channel'), select('channel', one?.detectors.map((d) => [d.channel, `${d.channel} · ${word('arm', d.from)} ${t('detector.lane', { n: d.lane })} ${word('detector', d.kind)}`]) ?? []))] : null,
        this.kind === 'lane' ? [pick(), field(t('detector.place'), select('arm', ['N', 'E', 'S', 'W'].filter((arm) => one?.phases.some((phase) => phase.from === arm)).map((arm) => [arm, word('arm', arm)]))),
          field(t('lane'), h('input', { name: 'lane', type: 'number', min: 1, max: 9, value: 1, required: true }), t('lane.from')), field(t('state'), select('state', ['closed', 'reversed'].map((s) => [s, word('lane', s)])))] : null,
        this.kind === 'weather' ? field(t('weather'), select('weather', ['dry', 'rain', 'heavy-rain', 'snow'].map((w) => [w, word('weather', w)]))) : null,
        this.kind === 'plans' ? [pick(), field(t('cycle'), h('input', { name: 'cycle', type: 'number', min: 30, max: 240, step: 'any', required: true, value: given?.cycle_s ?? false })), field(t('row.offset'), h('input', { name: 'offset', type: 'number', min: 0, max: 240, step: 'any', required: true, value: given?.offset_s ?? false })),
          one?.stages.map((stage) => field(`${stage.stage} ${name(stage.name)}`, h('input', { name: `green-${stage.stage}`, type: 'number', min: stage.min_green_s, max: stage.max_green_s, step: 'any', required: true, value: green(stage.stage) }), `${stage.min_green_s} – ${stage.max_green_s} s`))] : null,
        field(t('minutes'), h('input', { name: 'minutes', type: 'number', min: 1, max: days ? 44640 : 1440, value: 30, required: true })),
        h('label', { class: 'field wide-field' }, h('span', null, t('why')), h('input', { name: 'why', required: true, minlength: 3 })),
        h('button', { type: 'submit', class: 'main' }, t('interventions.begin'))));
  }
}
customElements.define('gw-interventions', Interventions);
