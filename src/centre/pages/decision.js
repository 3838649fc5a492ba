// @ts-check
// A decision of the core, a line of the journal, in words: what it was in the reader's language, and its facts as they are.
import { clock } from './format.js';
import { name, t } from './text.js';
import { h } from './tree.js';

/** Facts that the words or the place already tell. */
const TOLD = new Set(['decision', 'at', 'clock', 'intersection']);
/** Facts that are tenths of a second. */
const TENTHS = new Set(['cycle', 'offset', 'cycle_from', 'cycle_to', 'off', 'travel']);
/** Facts that are moments, tenths since the epoch. */
const MOMENTS = new Set(['activation', 'until', 'foretold']);

/** @param {any} event */
export function decision(event) {
  if (!event || typeof event !== 'object') return String(event ?? '');
  const key = `decision.${event.decision}`;
  const words = t(key);
  const facts = Object.entries(event).filter(([fact, value]) => !TOLD.has(fact) && value !== null && value !== undefined && value !== '');
  return [h('b', null, words === key ? String(event.decision ?? '') : words), facts.length > 0 ? h('small', null, ` ${facts.map(([fact, value]) => `${fact.replaceAll('_', ' ')} ${said(fact, value)}`).join(', ')}`) : null];
}

/** @param {string} fact @param {any} value */
function said(fact, value) {
  if (TENTHS.has(fact) && typeof value === 'number') return `${value / 10} s`;
  if (MOMENTS.has(fact) && typeof value === 'number') return clock(value / 10);
  if (Array.isArray(value)) return value.every((one) => typeof one !== 'object') && value.length <= 4 ? value.join(' ') : String(value.length);
  if (value && typeof value === 'object') return 'zh' in value ? name(value) : JSON.stringify(value).slice(0, 80);
  return typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(2) : String(value);
}
