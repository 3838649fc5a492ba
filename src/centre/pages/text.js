// @ts-check
// Which language the page speaks. The words themselves are in words.js.
import { tell } from './state.js';
import { words } from './words.js';

/** @typedef {'zh' | 'en'} Language */

/** @returns {Language} */
function remembered() {
  const kept = localStorage.getItem('greenwave.language');
  if (kept === 'zh' || kept === 'en') return kept;
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

/** @type {Language} */
let language = remembered();
document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';

export const speaks = () => language;

/** @param {Language} wanted */
export function speak(wanted) {
  language = wanted;
  localStorage.setItem('greenwave.language', wanted);
  document.documentElement.lang = wanted === 'zh' ? 'zh-CN' : 'en';
  tell('language', wanted);
}

/** A phrase; `{n}` in it is replaced. An unknown key is shown as it is: the suite looks for that. @param {string} key @param {Record<string, any>} [values] */
export function t(key, values) {
  const pair = /** @type {Record<string, string[]>} */ (words)[key];
  const text = pair ? pair[language === 'zh' ? 0 : 1] : key;
  return values ? text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole)) : text;
}

/** A word of a closed set, or the word itself when the set has grown. @param {string} set @param {any} value */
export function word(set, value) {
  if (value === null || value === undefined || value === '') return '—';
  const key = `${set}.${value}`;
  const text = t(key);
  return text === key ? String(value) : text;
}

/** A name of the street, in the page's language. @param {any} pair */
export function name(pair) {
  if (pair === null || pair === undefined) return '';
  if (typeof pair === 'string') return pair;
  return (language === 'zh' ? pair.zh : pair.en) || pair.zh || pair.en || '';
}
