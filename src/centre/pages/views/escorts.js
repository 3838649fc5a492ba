// @ts-check
// Escort for life: greens in time for an ambulance or a fire engine, over a route clicked together; its progress, its end, its report.
import { call, get, list, post } from '../api.js';
import { ask } from '../ask.js';
import { clock, num } from '../format.js';
import { standing } from '../live.js';
import { badge, field, nothing, placeName, section, select, title } from '../parts.js';
import { corridor, may, now, state } from '../state.js';
import { picker, progress, report } from '../route.js';
import { t, word } from '../text.js';
import { h } from '../tree.js';
import { View, announce } from '../view.js';

class Escorts extends View {
  topics = ['language', 'session', 'network'];
  /** @type {any[]} */
  escorts = [];
  /** @type {string[]} */
  route = [];

  start() {
    void this.load();
    this.every(1500, () => { if (!state.stale) void this.load(); });
  }

  async load() {
    const rows = await this.attempt(get('escorts'));
    if (rows) this.escorts = list(rows);
    this.paint();
  }

  /** The corridor that is typed by hand: the one on which most of the route lies. */
  road() {
    const on = (/** @type {import('../shapes.js').Corridor} */ road) => road.members.filter((one) => this.route.includes(one.intersection)).length;
    return [...(state.network?.corridors ?? [])].sort((a, b) => on(b) - on(a))[0]?.id ?? '';
  }

  /** @param {Event} event */
  async launch(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const data = Object.fromEntries(new FormData(form));
    if (this.route.length === 0) return announce(t('route.none'), 'failed');
    const confirmed = await ask({ title: t('escort.launch'), typed: this.road(), act: t('escort.launch'),
      text: h('p', null, t('escort.sure', { vehicle: String(data.vehicle), n: this.route.length, from: placeName(this.route[0]), to: placeName(this.route[this.route.length - 1]) })) });
    if (!confirmed) return;
    const body = { vehicle: String(data.vehicle), kind: String(data.kind), route: this.route, speed_km_h: Number(data.speed), starts: Math.round((now() + 60 * Number(data.minutes)) * 10) / 10, why: String(data.why), ...confirmed };
    if (await this.attempt(post('escorts', body).then(() => true))) {
      announce(t('escort.launched', { vehicle: body.vehicle }));
      this.route = [];
      form.reset();
    }
    await Promise.all([this.load(), standing()]);
  }

  /** @param {any} escort */
  async end(escort) {
    if (!(await ask({ title: t('escort.end', { vehicle: escort.vehicle ?? '' }), act: t('escort.endnow') }))) return;
    if (await this.attempt(call('DELETE', `escorts/${encodeURIComponent(escort.id)}`).then(() => true))) announce(t('escort.ended'));
    await Promise.all([this.load(), standing()]);
  }

  render() {
    const over = (/** @type {any} */ one) => one.state === 'ended' || one.state === 'done' || one.state === 'refused';
    const [running, past] = [this.escorts.filter((one) => !over(one)), this.escorts.filter(over)];
    return [
      title(t('nav.escorts')),
      running.length === 0 ? h('p', { class: 'quiet' }, t('escort.none')) : running.map((one) => this.one(one, true)),
      may('operator') ? section(t('escort.new'), this.form()) : h('p', { class: 'quiet' }, t('viewer.only')),
      past.length > 0 ? section(t('escort.past'), past.slice(0, 20).map((one) => this.one(one, false))) : null,
    ];
  }

  /** @param {any} one @param {boolean} running */
  one(one, running) {
    const route = list(one.route);
    const passed = list(one.rows).filter((row) => row.passed !== undefined && row.passed !== null).length;
    return h('section', { key: one.id, class: running ? 'card escort running' : 'escort past', 'data-id': one.id }, h('h2', null, badge('mark-escort', `✚ ${word('vehicle', one.kind)}`), ' ', one.vehicle ?? '', ' ', badge('origin', word('escortstate', one.state))),
      h('p', null, t('escort.line', { from: placeName(String(route[0]?.intersection ?? route[0] ?? '')), to: placeName(String(route.at(-1)?.intersection ?? route.at(-1) ?? '')), passed, n: route.length, at: clock(one.starts), speed: num(one.speed_km_h, 0) }), one.by ? ` · ${one.by}` : ''),
      running ? progress(one) : h('details', null, h('summary', null, t('escort.rows')), progress(one)), report(one.report),
      running && may('operator') ? h('div', { class: 'actions' }, h('button', { class: 'grave end', onclick: () => this.end(one) }, t('escort.endnow'))) : null);
  }

  form() {
    return h('form', { id: 'launch', onsubmit: (/** @type {Event} */ e) => this.launch(e) },
      picker(this.route, (route) => { this.route = route; this.paint(); }),
      h('div', { class: 'form' }, field(t('escort.vehicle'), h('input', { name: 'vehicle', required: true, placeholder: '120-07' })), field(t('escort.kind'), select('kind', ['ambulance', 'fire'].map((kind) => [kind, word('vehicle', kind)]))),
        field(t('escort.speed'), h('input', { name: 'speed', type: 'number', min: 20, max: 100, value: 50, required: true })), field(t('escort.minutes'), h('input', { name: 'minutes', type: 'number', min: 0, max: 120, step: 0.5, value: 1, required: true })),
        h('label', { class: 'field wide-field' }, h('span', null, t('why')), h('input', { name: 'why', required: true, minlength: 3 })), h('button', { type: 'submit', class: 'main' }, t('escort.launch'))),
      h('p', { class: 'quiet' }, t('escort.text', { road: corridor(this.road())?.id ?? '' })));
  }
}
customElements.define('gw-escorts', Escorts);
