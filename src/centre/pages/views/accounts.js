// @ts-check
// Accounts: who may come in, with which role.
import { call, get, list, post } from '../api.js';
import { ask } from '../ask.js';
import { stamp } from '../format.js';
import { badge, field, held, nothing, section, select, table, title } from '../parts.js';
import { state } from '../state.js';
import { t, word } from '../text.js';
import { h } from '../tree.js';
import { View, announce } from '../view.js';

/** Locks are told in the machine's time, which in a demonstration is not the street's. */
const clockNow = () => Date.now() / 1000;
const ROLES = ['viewer', 'operator', 'engineer', 'admin'];

class Accounts extends View {
  topics = ['language', 'session'];
  /** @type {any[]} */
  accounts = [];

  start() { void this.load(); }

  async load() {
    this.accounts = list(await this.attempt(get('accounts')));
    this.paint();
  }

  /** @param {string} method @param {string} who @param {any} [body] */
  async change(method, who, body) {
    if (await this.attempt(call(method, `accounts/${encodeURIComponent(who)}`, body).then(() => true))) announce(t('accounts.done', { name: who }));
    await this.load();
  }

  /** @param {Event} event */
  async make(event) {
    const form = /** @type {HTMLFormElement} */ (event.target);
    const { name, role, password } = held(event);
    if (await this.attempt(post('accounts', { name, role, password }).then(() => true))) {
      form.reset();
      announce(t('accounts.done', { name }));
    }
    await this.load();
  }

  /** @param {string} who */
  async reset(who) {
    const held = await ask({ title: t('accounts.reset', { name: who }), fields: [field(t('me.new'), h('input', { name: 'password', type: 'password', required: true, minlength: 12, autocomplete: 'new-password' }), t('setup.length', { n: 12 }))] });
    if (held) await this.change('PATCH', who, { password: held.password });
  }

  /** @param {string} who */
  async drop(who) {
    if (await ask({ title: t('accounts.remove', { name: who }), grave: true, act: t('remove') })) await this.change('DELETE', who);
  }

  render() {
    return [
      title(t('nav.accounts')),
      h('section', { class: 'card' }, this.accounts.length === 0 ? nothing('loading') : table([t('login.name'), t('role'), t('state'), ''], this.accounts.map((one) => h('tr', { key: one.name },
        h('th', { scope: 'row' }, one.name), h('td', null, select('role', ROLES.map((role) => [role, word('role', role)]), { '.value': one.role, 'aria-label': t('role'), disabled: one.name === state.session?.name, onchange: (/** @type {any} */ e) => this.change('PATCH', one.name, { role: e.target.value }) })),
        h('td', null, one.disabled ? badge('lost', t('accounts.disabled')) : t('accounts.active'), (one.locked_until ?? 0) > clockNow() ? [' ', badge('dry', t('accounts.locked', { at: stamp(one.locked_until) }))] : null),
        h('td', { class: 'number' }, (one.locked_until ?? 0) > clockNow() ? [h('button', { class: 'slim', onclick: () => this.change('PATCH', one.name, { unlock: true }) }, t('accounts.unlock')), ' '] : null,
          h('button', { class: 'slim', onclick: () => this.reset(one.name) }, t('me.password')), ' ',
          one.name === state.session?.name ? null : [h('button', { class: 'slim', onclick: () => this.change('PATCH', one.name, { disabled: !one.disabled }) }, t(one.disabled ? 'accounts.enable' : 'accounts.disable')), ' ',
            h('button', { class: 'slim grave', onclick: () => this.drop(one.name) }, t('remove'))]))))),
      section(t('accounts.new'), h('form', { class: 'form', onsubmit: (/** @type {Event} */ e) => this.make(e) }, field(t('login.name'), h('input', { name: 'name', required: true, autocomplete: 'off' })), field(t('role'), select('role', ROLES.map((role) => [role, word('role', role)]))),
        field(t('login.password'), h('input', { name: 'password', type: 'password', required: true, minlength: 12, autocomplete: 'new-password' }), t('setup.length', { n: 12 })), h('button', { type: 'submit', class: 'main' }, t('accounts.make')))),
    ];
  }
}
customElements.define('gw-accounts', Accounts);
