// @ts-check
// The door: log in, or, once in the life of a centre, make its first administrator.
import { get, post } from '../api.js';
import { field, held } from '../parts.js';
import { state, tell } from '../state.js';
import { speak, speaks, t } from '../text.js';
import { h } from '../tree.js';
import { View } from '../view.js';

/** Shortest password that the form sends; the server has the last word. */
const SHORTEST = 12;

class Login extends View {
  topics = ['language'];
  needed = false;
  failed = '';
  busy = false;

  async start() {
    try {
      this.needed = (await get('setup')).needed === true;
    } catch (error) {
      this.failed = /** @type {Error} */ (error).message;
    }
    this.paint();
    setTimeout(() => /** @type {HTMLElement | null} */ (this.querySelector('input'))?.focus());
  }

  /** @param {Event} event */
  async enter(event) {
    const { token, name, password, again } = held(event);
    if (this.needed && password !== again) {
      this.failed = t('login.differ');
      this.paint();
      return;
    }
    const first = this.needed;
    this.busy = true;
    this.failed = '';
    this.paint();
    try {
      if (first) {
        await post('setup', { token, name, password });
        this.needed = false;
      }
      await post('session', { name, password });
      location.reload();
    } catch (error) {
      const { status, message } = /** @type {any} */ (error);
      this.failed = status === 401 ? t(first ? 'setup.wrong' : 'login.wrong') : status === 429 ? t('login.locked') : message;
      state.session = null;
      tell('login');
    }
    this.busy = false;
    this.paint();
  }

  render() {
    const first = this.needed;
    return h('div', { class: 'login' },
      h('form', { onsubmit: (/** @type {Event} */ event) => this.enter(event), 'aria-labelledby': 'login-title' },
        h('img', { src: '/assets/icon.svg', alt: '', width: 56, height: 56 }),
        h('h1', { id: 'login-title' }, t('brand')),
        h('p', { class: 'quiet' }, first ? t('setup.text') : t('login.text')),
        first ? field(t('setup.token'), h('input', { name: 'token', required: true, autocomplete: 'off', spellcheck: 'false' }), t('setup.where')) : null,
        field(t('login.name'), h('input', { name: 'name', required: true, autocomplete: 'username', spellcheck: 'false', autocapitalize: 'none' })),
        field(t('login.password'), h('input', { name: 'password', type: 'password', required: true, minlength: first ? SHORTEST : false, autocomplete: first ? 'new-password' : 'current-password' }),
          first ? t('setup.length', { n: SHORTEST }) : ''),
        first ? field(t('setup.again'), h('input', { name: 'again', type: 'password', required: true, autocomplete: 'new-password' })) : null,
        h('p', { class: 'wrong', role: 'alert' }, this.failed),
        h('button', { class: 'main', type: 'submit', disabled: this.busy }, first ? t('setup.do') : t('login.do'))),
      h('button', { id: 'language', class: 'slim', onclick: () => speak(speaks() === 'zh' ? 'en' : 'zh') }, speaks() === 'zh' ? 'English' : '中文'));
  }
}
customElements.define('gw-login', Login);
