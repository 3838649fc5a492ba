// @ts-check
// Who am I: log out, another password, tokens for programs.
import { call, get, list, post } from '../api.js';
import { close } from '../live.js';
import { stamp } from '../format.js';
import { field, held, nothing, section, select, table, title } from '../parts.js';
import { state, may } from '../state.js';
import { t, word } from '../text.js';
import { h } from '../tree.js';
import { View, announce } from '../view.js';

class Me extends View {
  topics = ['language', 'session'];
  /** @type {any[]} */
  tokens = [];
  made = '';

  start() { void this.load(); }

  async load() {
    this.tokens = list(await this.attempt(get('tokens')));
    this.paint();
  }

  async leave() {
    close();
    await this.attempt(call('DELETE', 'session'));
    location.hash = '';
    location.reload();
  }

  /** @param {Event} event */
  async password(event) {
    const form = /** @type {HTMLFormElement} */ (event.target);
    const { old, fresh, again } = held(event);
    if (fresh !== again) return announce(t('login.differ'), 'failed');
    if (await this.attempt(call('PUT', 'session/password', { old, new: fresh }).then(() => true))) {
      form.reset();
      announce(t('me.changed'));
    }
  }

  /** @param {Event} event */
  async token(event) {
    const { label, role, days } = held(event);
    const answer = await this.attempt(post('tokens', { label, role, days: Number(days) }));
    if (answer) this.made = answer.token;
    await this.load();
  }

  render() {
    const roles = ['viewer', 'operator', 'engineer', 'admin'].filter((one) => may(one));
    return [
      title(`${state.session?.name ?? ''}`, h('span', { class: 'fact' }, word('role', state.session?.role)), h('button', { id: 'logout', onclick: () => this.leave() }, t('me.leave'))),
      section(t('me.password'), h('form', { class: 'form', onsubmit: (/** @type {Event} */ e) => this.password(e) },
        field(t('me.old'), h('input', { name: 'old', type: 'password', required: true, autocomplete: 'current-password' })),
        field(t('me.new'), h('input', { name: 'fresh', type: 'password', required: true, minlength: 12, autocomplete: 'new-password' }), t('setup.length', { n: 12 })),
        field(t('setup.again'), h('input', { name: 'again', type: 'password', required: true, autocomplete: 'new-password' })), h('button', { type: 'submit' }, t('me.change')))),
      section(t('tokens'), h('p', { class: 'quiet' }, t('tokens.text')),
        this.made ? h('p', { role: 'status' }, t('tokens.once'), ' ', h('code', null, this.made)) : null,
        this.tokens.length === 0 ? nothing('tokens.none') : table([t('tokens.label'), t('role'), t('until'), ''], this.tokens.map((one) => h('tr', { key: one.id }, h('td', null, one.label), h('td', null, word('role', one.role)), h('td', null, stamp(one.expires ?? one.until)),
          h('td', { class: 'number' }, h('button', { class: 'slim', onclick: async () => { await this.attempt(call('DELETE', `tokens/${encodeURIComponent(one.id)}`)); await this.load(); } }, t('remove')))))),
        h('form', { class: 'form', onsubmit: (/** @type {Event} */ e) => this.token(e) }, field(t('tokens.label'), h('input', { name: 'label', required: true })), field(t('role'), select('role', roles.map((one) => [one, word('role', one)]))),
          field(t('days'), h('input', { name: 'days', type: 'number', min: 1, max: 365, value: 90, required: true })), h('button', { type: 'submit' }, t('tokens.make')))),
    ];
  }
}
customElements.define('gw-me', Me);
