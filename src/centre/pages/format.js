// @ts-check
// Numbers, times and durations as people read them. A value that is not there is a dash, never a zero.
import { state } from './state.js';

export const DASH = '—';

/** @param {number | null | undefined} value @param {number} [digits] @param {string} [unit] */
export function num(value, digits = 0, unit = '') {
  if (value === null || value === undefined || !Number.isFinite(value)) return DASH;
  const text = value.toFixed(digits);
  // no "-0.0"
  return (Number(text) === 0 ? text.replace('-', '') : text) + (unit === '' ? '' : `\u202f${unit}`);
}

/** With its sign. @param {number | null | undefined} value @param {number} [digits] @param {string} [unit] */
export function signed(value, digits = 0, unit = '') {
  const text = num(value, digits, unit);
  return value !== null && value !== undefined && value > 0 && Number.parseFloat(text) !== 0 ? `+${text}` : text;
}

/** A share of one, in percent. @param {number | null | undefined} share @param {number} [digits] */
export const percent = (share, digits = 0) => num(share === null || share === undefined ? undefined : share * 100, digits, '%');

/** Of a moment, in the city's own time. @param {number} at */
const local = (at) => new Date((at + (state.network?.utc_offset_s ?? 0)) * 1000).toISOString();

/** "07:31:05" @param {number | null | undefined} at */
export const clock = (at) => (at === null || at === undefined ? DASH : local(at).slice(11, 19));
/** "07:31" @param {number | null | undefined} at */
export const minute = (at) => (at === null || at === undefined ? DASH : local(at).slice(11, 16));
/** "2026-11-21 07:31:05" @param {number | null | undefined} at */
export const stamp = (at) => (at === null || at === undefined ? DASH : `${local(at).slice(0, 10)} ${local(at).slice(11, 19)}`);
/** What `input type=datetime-local` holds. @param {number} at */
export const field = (at) => local(at).slice(0, 16);
/** And back, to s since the epoch. @param {string} text */
export const instant = (text) => Date.parse(`${text}Z`) / 1000 - (state.network?.utc_offset_s ?? 0);

/** "1:05" of seconds. @param {number | null | undefined} seconds */
export function span(seconds) {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return DASH;
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) - 60 * Math.floor(whole / 3600), whole - 60 * Math.floor(whole / 60)];
  const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}
