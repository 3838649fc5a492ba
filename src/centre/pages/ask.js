// @ts-check
// Dialogs: a reason, a moment, and the typed word or the second person that a grave action wants.
import { h, patch } from './tree.js';
import { t } from './text.js';

/**
 * Asks; the answer is what was filled in, or null. `typed` is a word to be typed by hand, or words of which one is; with it a second person's name and
 * password do as well, unless `solo`.
 * @param {{title: string, text?: any, fields?: any[], act?: string, typed?: string | string[], solo?: boolean, grave?: boolean}} what
 * @returns {Promise<Record<string, any> | null>}
 */
export function ask(what) {
  return new Promise((resolve) => {
    const dialog = document.createElement('dialog');
    dialog.className = what.grave || what.typed !== undefined ? 'grave' : '';
    dialog.setAttribute('aria-labelledby', 'dialog-title');
    /** @param {Record<string, any> | null} value */
    const end = (value) => {
      dialog.remove();
      resolve(value);
    };
    const words = what.typed === undefined ? [] : [what.typed].flat();
    const word = words.join(' / ');
    const typed = words.length === 0 ? null : h('fieldset', null,
      h('legend', null, t('confirm.legend')),
      h('label', { class: 'field' }, h('span', null, t('confirm.type', { word })), h('input', { name: 'confirm', autocomplete: 'off', spellcheck: 'false' })),
      what.solo ? null : [
        h('p', { class: 'or' }, t('confirm.or')),
        h('label', { class: 'field' }, h('span', null, t('confirm.second')), h('input', { name: 'second_name', autocomplete: 'off' })),
        h('label', { class: 'field' }, h('span', null, t('confirm.password')), h('input', { name: 'second_password', type: 'password', autocomplete: 'off' }))],
      h('p', { class: 'wrong', role: 'alert', id: 'dialog-wrong' }));
    const submit = (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      /** @type {Record<string, any>} */
      const held = {};
      new FormData(/** @type {HTMLFormElement} */ (event.target)).forEach((value, key) => { held[key] = typeof value === 'string' ? value.trim() : value; });
      const { second_name, second_password, confirm, ...rest } = held;
      if (words.length > 0) {
        if (second_name) rest.second = { name: second_name, password: second_password };
        else if (words.includes(confirm)) rest.confirm = confirm;
        else {
          const wrong = dialog.querySelector('#dialog-wrong');
          if (wrong) wrong.textContent = t('confirm.wrong', { word });
          return;
        }
      }
      end(rest);
    };
    patch(dialog, h('form', { method: 'dialog', onsubmit: submit },
      h('h2', { id: 'dialog-title' }, what.title),
      what.text ? h('div', { class: 'text' }, what.text) : null,
      what.fields ?? null, typed,
      h('div', { class: 'actions' },
        h('button', { type: 'button', onclick: () => end(null) }, t('cancel')),
        h('button', { type: 'submit', class: 'main' }, what.act ?? t('do')))));
    dialog.addEventListener('cancel', (event) => { event.preventDefault(); end(null); });
    document.body.append(dialog);
    dialog.showModal();
    /** @type {HTMLElement | null} */ (dialog.querySelector('input, textarea, select'))?.focus();
  });
}
