// @ts-check
// VIP tasks: one task, one plan, one report. Made beforehand, rehearsed on a simulated street, approved by two, started, reported.
import { get, list, post } from '../api.js';
import { ask } from '../ask.js';
import { field as dateField, instant, num, stamp } from '../format.js';
import { badge, field, nothing, placeName, section, select, title } from '../parts.js';
import { may, now, state } from '../state.js';
import { picker, progress, report } from '../route.js';
import { t, word } from '../text.js';
import { h } from '../tree.js';
import { View, announce } from '../view.js';

const STEPS = ['draft', 'rehearsed', 'approved', 'running', 'ended'];

class Tasks extends View {
  topics = ['language', 'session', 'network'];
  /** @type {any[]} */
  tasks = [];
  /** @type {string[]} */
  route = [];
  /** @type {any} */
  busy = null;

  start() {
    void this.load();
    this.every(3000, () => { if (!state.stale) void this.load(); });
  }

  async load() {
    const rows = await this.attempt(get('tasks'));
    if (rows) this.tasks = list(rows);
    this.paint();
  }

  /** @param {Event} event */
  async make(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const data = Object.fromEntries(new FormData(form));
    if (this.route.length === 0) return announce(t('route.none'), 'failed');
    const body = { name: String(data.name), vehicle: String(data.name), kind: String(data.kind), route: this.route, speed_km_h: Number(data.speed), starts: instant(String(data.at)), why: String(data.why) };
    if (await this.attempt(post('tasks', body).then(() => true))) {
      announce(t('tasks.made'));
      this.route = [];
      form.reset();
    }
    await this.load();
  }

  /** @param {any} task @param {string} what */
  async act(task, what) {
    let body = {};
    if (what === 'start') {
      const confirmed = await ask({ title: t('tasks.start'), text: h('p', null, task.name), typed: this.road(task), act: t('tasks.start') });
      if (!confirmed) return;
      body = confirmed;
    }
    this.busy = `${task.id}/${what}`;
    this.paint();
    if (await this.attempt(post(`tasks/${encodeURIComponent(task.id)}/${what}`, body).then(() => true))) announce(t(`tasks.did.${what}`));
    this.busy = null;
    await this.load();
  }

  /** @param {any} task */
  road(task) {
    const route = list(task.route).map((one) => one.intersection ?? one);
    const on = (/** @type {import('../shapes.js').Corridor} */ road) => road.members.filter((one) => route.includes(one.intersection)).length;
    return [...(state.network?.corridors ?? [])].sort((a, b) => on(b) - on(a))[0]?.id ?? '';
  }

  render() {
    return [title(t('nav.tasks')), this.tasks.length === 0 ? nothing('tasks.none') : this.tasks.map((task) => this.one(task)), may('engineer') ? section(t('tasks.new'), this.form()) : null];
  }

  /** @param {any} task */
  one(task) {
    const route = list(task.route).map((one) => String(one.intersection ?? one));
    const approvals = list(task.approvals);
    const rehearsing = task.state === 'rehearsing';
    const step = STEPS.indexOf(rehearsing ? 'draft' : task.state);
    const button = (/** @type {string} */ what, /** @type {boolean} */ shown) => (shown ? h('button', { class: what, disabled: rehearsing || this.busy === `${task.id}/${what}`, onclick: () => this.act(task, what) }, rehearsing && what === 'rehearse' ? t('tasks.rehearsing') : t(`tasks.${what}`)) : null);
    const escort = state.escorts.find((one) => one.id === task.escort);
    const mine = approvals.some((one) => (one.by ?? one) === state.session?.name);
    return h('section', { key: task.id, class: 'card task', 'data-id': task.id }, h('h2', null, task.name, ' ', badge('origin', word('vehicle', task.kind))),
      h('ol', { class: 'steps' }, STEPS.map((one, k) => h('li', { key: one, class: k < step ? 'passed' : k === step ? 'open' : '', 'aria-current': k === step ? 'step' : false }, word('task', one)))),
      h('p', null, t('tasks.line', { from: placeName(route[0] ?? ''), to: placeName(route.at(-1) ?? ''), n: route.length, at: stamp(task.starts ?? task.at), speed: num(task.speed_km_h, 0) }), task.made_by ? ` · ${task.made_by}` : '', task.why ? ` · ${task.why}` : ''),
      h('p', null, t('tasks.approvals', { n: approvals.length }), ' ', approvals.map((one) => badge('origin', `${one.by ?? one}${one.at ? ` ${stamp(one.at)}` : ''}`))),
      task.not_rehearsed ? h('p', { class: 'problem', role: 'status' }, task.not_rehearsed) : null,
      task.rehearsal ? [h('h3', null, t('tasks.rehearsal')), report(task.rehearsal)] : null,
      escort && task.state === 'running' ? progress(escort) : null, task.report ? [h('h3', null, t('tasks.report')), report(task.report)] : null,
      h('div', { class: 'actions' }, button('rehearse', may('engineer') && step <= 1), button('approve', may('engineer') && task.state === 'rehearsed' && !mine), button('start', may('operator') && task.state === 'approved'), button('end', may('operator') && task.state === 'running')));
  }

  form() {
    return h('form', { onsubmit: (/** @type {Event} */ e) => this.make(e) }, picker(this.route, (route) => { this.route = route; this.paint(); }),
      h('div', { class: 'form' }, field(t('tasks.name'), h('input', { name: 'name', required: true })), field(t('escort.kind'), select('kind', ['vip', 'ambulance', 'fire'].map((kind) => [kind, word('vehicle', kind)]))), field(t('escort.speed'), h('input', { name: 'speed', type: 'number', min: 20, max: 100, value: 40, required: true })),
        field(t('tasks.at'), h('input', { name: 'at', type: 'datetime-local', required: true, value: dateField(now() + 86400) })), h('label', { class: 'field wide-field' }, h('span', null, t('why')), h('input', { name: 'why', required: true, minlength: 3 })), h('button', { type: 'submit', class: 'main' }, t('tasks.make'))));
  }
}
customElements.define('gw-tasks', Tasks);
