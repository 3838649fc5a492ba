// @ts-check
// The beginning: who is there, what do they want to see. Views that few people open come when they are first opened.
import { get } from './api.js';
import { alarms, badge } from './parts.js';
import { clock } from './format.js';
import { close, connect, take } from './live.js';
import { counts, listen, may, now, state, tell } from './state.js';
import { name, speak, speaks, t, word } from './text.js';
import { h, patch } from './tree.js';
import { View } from './view.js';
import './views/corridor.js';
import './views/login.js';
import './views/overview.js';

/** View by first word of the address: its element, the module it comes with, who may see it. @type {Record<string, {tag: string, from?: string, role?: string}>} */
const VIEWS = {
  '': { tag: 'gw-overview' },
  corridor: { tag: 'gw-corridor' },
  intersection: { tag: 'gw-intersection', from: './views/intersection.js' },
  plans: { tag: 'gw-plans', from: './views/plans.js' },
  alarms: { tag: 'gw-alarms', from: './views/alarms.js' },
  interventions: { tag: 'gw-interventions', from: './views/interventions.js' },
  escorts: { tag: 'gw-escorts', from: './views/escorts.js' },
  tasks: { tag: 'gw-tasks', from: './views/tasks.js' },
  configuration: { tag: 'gw-configuration', from: './views/configuration.js', role: 'engineer' },
  reports: { tag: 'gw-reports', from: './views/reports.js' },
  audit: { tag: 'gw-audit', from: './views/audit.js', role: 'engineer' },
  accounts: { tag: 'gw-accounts', from: './views/accounts.js', role: 'admin' },
  me: { tag: 'gw-me', from: './views/me.js' },
};
const MENU = ['plans', 'alarms', 'interventions', 'escorts', 'tasks', 'reports', 'configuration', 'audit', 'accounts'];

/** @returns {{view: string, subject: string}} */
function address() {
  const [view = '', ...rest] = location.hash.replace(/^#\/?/, '').split('/');
  return { view: view in VIEWS ? view : '', subject: decodeURIComponent(rest.join('/')) };
}

class App extends View {
  topics = ['session', 'network', 'language', 'layout', 'stale', 'city', 'standing'];
  known = false;
  failed = '';

  start() {
    this.setLayout(localStorage.getItem('greenwave.layout') ?? 'desk');
    addEventListener('hashchange', () => { void this.open(true); });
    this.hear('session', () => { if (!state.session) this.left(); });
    this.hear('stale', (stale) => { document.documentElement.toggleAttribute('data-stale', stale); });
    this.every(250, () => this.tick());
    void this.enter();
  }

  /** Finds out who is there; with somebody logged in, fetches the picture. */
  async enter() {
    try {
      state.session = await get('session');
    } catch (error) {
      state.session = null;
      this.failed = /** @type {any} */ (error).status === 401 ? '' : /** @type {any} */ (error).message;
    }
    if (state.session) await this.begin();
    this.known = true;
    tell('session');
  }

  async begin() {
    connect();
    const [network, city] = await Promise.all([get('network'), get('city'), this.fetchView(address().view)]);
    state.network = network;
    take(city);
    tell('network');
  }

  left() {
    close();
    Object.assign(state, { city: null, stale: false, alarms: [], interventions: [], escorts: [] });
  }

  /** @param {string} view */
  async fetchView(view) {
    const { from } = VIEWS[view];
    if (from) await import(from);
  }

  /** @param {boolean} move whether the reader came here from another view */
  async open(move) {
    await this.fetchView(address().view);
    this.paint();
    if (move) {
      await new Promise((done) => setTimeout(done));
      scrollTo(0, 0);
      /** @type {HTMLElement | null} */ (document.querySelector('main h1'))?.focus({ preventScroll: true });
    }
  }

  /** @param {string} layout */
  setLayout(layout) {
    document.documentElement.dataset.layout = layout === 'wall' ? 'wall' : 'desk';
    localStorage.setItem('greenwave.layout', layout);
    tell('layout', layout);
  }

  /** The clock of the street, which does not wait for pictures. */
  tick() {
    const face = document.getElementById('clock');
    if (face && state.city) face.textContent = clock(now());
    const age = document.getElementById('age');
    if (age && state.stale) age.textContent = t('stale.for', { n: Math.round((performance.now() - state.received) / 1000) });
  }

  render() {
    if (!this.known) return h('p', { class: 'boot' }, 'greenwave …');
    if (!state.session) return h('gw-login', { '.failed': this.failed });
    const { view, subject } = address();
    const { tag, role } = VIEWS[view];
    const allowed = role === undefined || may(role);
    return [
      h('a', { class: 'skip', href: '#main', onclick: (/** @type {Event} */ e) => { e.preventDefault(); document.getElementById('main')?.focus(); } }, t('skip')),
      this.bar(),
      state.stale ? h('div', { class: 'stale', role: 'alert' }, h('b', null, t('stale.title')), ' ', h('span', { id: 'age', '.textContent': t('stale.for', { n: 3 }) }), ' ', t('stale.text')) : null,
      this.menu(view, subject),
      h('main', { id: 'main', tabindex: '-1', class: `view-${view || 'overview'}` },
        !state.network ? h('p', { class: 'quiet' }, t('loading')) : allowed ? h(tag, { key: `${view}/${subject}`, '.subject': subject }) : h('p', { class: 'wrong', role: 'alert' }, t('forbidden', { role: word('role', role) }))),
    ];
  }

  bar() {
    const city = state.city;
    const interventions = state.interventions.filter((one) => one.state !== 'ended').length;
    const escorts = state.escorts.filter((one) => one.state === 'running').length;
    return h('header', { class: 'bar' },
      h('a', { class: 'brand', href: '#/' }, h('img', { src: '/assets/icon.svg', alt: '', width: 22, height: 22 }), h('b', null, t('brand'))),
      h('time', { id: 'clock', class: 'clock', 'aria-label': t('clock'), '.textContent': city ? clock(now()) : '--:--:--' }),
      city && (city.time_scale ?? 1) !== 1 ? badge('scale', `×${city.time_scale}`, t('scale')) : null,
      city ? [
        badge(`centre-${city.mode}`, word('centre', city.mode)),
        city.armed ? null : badge('dry', t('dry'), t('dry.title')),
        city.adaptation ? badge(`adaptation-${city.adaptation}`, word('adaptation', city.adaptation)) : null,
        h('a', { class: 'plain', href: '#/alarms', 'aria-label': t('nav.alarms') }, alarms(counts())),
        interventions ? h('a', { class: 'plain', href: '#/interventions' }, badge('mark-intervention', t('bar.interventions', { n: interventions }))) : null,
        escorts ? h('a', { class: 'plain', href: '#/escorts' }, badge('mark-escort', t('bar.escorts', { n: escorts }))) : null,
      ] : null,
      h('span', { class: 'space' }),
      h('button', { id: 'language', class: 'slim', lang: speaks() === 'zh' ? 'en' : 'zh-CN', onclick: () => speak(speaks() === 'zh' ? 'en' : 'zh') }, speaks() === 'zh' ? 'English' : '中文'),
      h('button', { id: 'layout', class: 'slim', onclick: () => { this.setLayout(document.documentElement.dataset.layout === 'wall' ? 'desk' : 'wall'); this.paint(); } },
        document.documentElement.dataset.layout === 'wall' ? t('layout.desk') : t('layout.wall')),
      h('a', { class: 'who', href: '#/me' }, state.session?.name, ' ', h('small', null, word('role', state.session?.role))));
  }

  /** @param {string} view @param {string} subject */
  menu(view, subject) {
    const here = (/** @type {boolean} */ yes) => (yes ? 'page' : false);
    return h('nav', { 'aria-label': t('nav') },
      h('a', { href: '#/', 'aria-current': here(view === '') }, t('nav.overview')),
      h('div', { class: 'corridors' }, state.network?.corridors.map((one) => h('a', { key: one.id, href: `#/corridor/${encodeURIComponent(one.id)}`, 'aria-current': here(view === 'corridor' && subject === one.id) },
        name(one.name), counts(one.id).high > 0 ? h('span', { class: 'dot high', 'aria-label': word('severity', 'high') }) : null))),
      MENU.filter((one) => VIEWS[one].role === undefined || may(/** @type {string} */ (VIEWS[one].role)))
        .map((one) => h('a', { key: one, href: `#/${one}`, 'aria-current': here(view === one) }, t(`nav.${one}`))));
  }
}

class Notices {
  constructor() {
    /** @type {{text: string, how: string, more: any[], id: number}[]} */
    this.shown = [];
    this.count = 0;
  }

  /** @param {{text: string, how: string, more: any[]}} notice */
  add(notice) {
    const one = { ...notice, id: (this.count += 1) };
    this.shown = [...this.shown.slice(-3), one];
    this.draw();
    setTimeout(() => this.drop(one.id), one.how === 'failed' ? 60000 : 6000);
  }

  /** @param {number} id */
  drop(id) {
    this.shown = this.shown.filter((one) => one.id !== id);
    this.draw();
  }

  draw() {
    const host = document.getElementById('say');
    if (host) {
      patch(host, this.shown.map((one) => h('div', { key: one.id, class: `notice ${one.how}` }, h('b', null, one.text), one.more.map((line) => h('p', null, line)),
        h('button', { class: 'slim', onclick: () => this.drop(one.id), 'aria-label': t('close') }, '×'))));
    }
  }
}

const notices = new Notices();
addEventListener('unhandledrejection', (event) => notices.add({ text: String(event.reason?.message ?? event.reason), how: 'failed', more: [] }));
listen('notice', (notice) => notices.add(notice));

customElements.define('gw-app', App);
document.getElementById('app')?.append(document.createElement('gw-app'));
