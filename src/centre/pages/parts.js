// @ts-check
// Pieces that many views show. Lamp colours are for lamps alone: alarms are told by shape and a scale of their own.
import { num } from './format.js';
import { name, t, word } from './text.js';
import { h } from './tree.js';
import { intersection } from './state.js';

/** High is a filled diamond, medium a hollow triangle, low a ring. @param {string} severity */
export function mark(severity) {
  const label = word('severity', severity);
  const shape = severity === 'high'
    ? [h('path', { d: 'M8 0.5 15.5 8 8 15.5 0.5 8Z', class: 'fill' }), h('path', { d: 'M8 4v5M8 10.6v1.6', class: 'ink' })]
    : severity === 'medium' ? [h('path', { d: 'M8 1.8 15 14H1Z', class: 'line' }), h('path', { d: 'M8 6v4M8 11.2v1.2', class: 'thin' })]
      : [h('circle', { cx: 8, cy: 8, r: 5.2, class: 'line' })];
  return h('svg', { class: `mark ${severity}`, viewBox: '0 0 16 16', role: 'img', 'aria-label': label }, h('title', null, label), shape);
}

/** How many alarms of each severity; nothing where there is none. @param {import('./shapes.js').Counts | undefined} counts */
export function alarms(counts) {
  if (!counts) return null;
  const shown = /** @type {const} */ (['high', 'medium', 'low']).filter((one) => counts[one] > 0);
  if (shown.length === 0) return h('span', { class: 'quiet' }, t('alarms.none'));
  return h('span', { class: 'counts' }, shown.map((one) => h('span', { class: `count ${one}` }, mark(one), String(counts[one]))));
}

/** @param {string} kind @param {any} text @param {string} [title] */
export const badge = (kind, text, title) => h('span', { class: `badge ${kind}`, title: title ?? false }, text);

/** The mode badge of an intersection. @param {import('./shapes.js').LiveIntersection | undefined} live */
export function mode(live) {
  if (!live || (live.mode === undefined && live.link !== 'lost')) return badge('unknown', live ? word('link', live.link) : '—');
  if (live.link === 'lost') return badge('lost', t('link.lost'));
  return badge(`mode-${live.mode}`, word('mode', live.mode));
}

/** A heading of a view. @param {any} text @param {...any} more */
export const title = (text, ...more) => h('header', { class: 'head' }, h('h1', { tabindex: '-1' }, text), more);

/** @param {any[]} heads @param {any[]} rows nodes `tr` @param {Record<string, any>} [props] */
export function table(heads, rows, props) {
  return h('div', { class: 'wide' }, h('table', props ?? null,
    h('thead', null, h('tr', null, heads.map((one) => (one?.tag === 'th' ? one : h('th', { scope: 'col' }, one))))),
    h('tbody', null, rows)));
}

/** @param {string} text */
export const th = (text, kind = 'number') => h('th', { scope: 'col', class: kind }, text);
/** @param {any[]} children */
export const tdn = (...children) => h('td', { class: 'number' }, children);

/** A speed against the free flow (whole bar) and the baseline (tick). @param {import('./shapes.js').Way | undefined} live @param {'outbound' | 'inbound'} way */
export function speed(live, way) {
  const { speed_km_h: now, free_flow_km_h: free, baseline_km_h: base } = live ?? {};
  const top = Math.max(free ?? 60, now ?? 0, 1);
  const text = `${word('way', way)} ${num(now, 0, 'km/h')}`;
  return h('div', { class: `speed ${way}`, role: 'img', 'aria-label': `${text}; ${t('speed.free')} ${num(free, 0)}; ${t('speed.base')} ${num(base, 0)}` },
    h('span', { class: 'arrow', 'aria-hidden': 'true' }, way === 'outbound' ? '→' : '←'),
    h('b', null, num(now, 0)), h('small', null, 'km/h'),
    h('svg', { class: 'bar', viewBox: '0 0 100 12', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
      h('rect', { class: 'trough', x: 0, y: 3, width: 100, height: 6 }),
      now === undefined || now === null ? null : h('rect', { class: 'full', x: 0, y: 3, width: Math.max(0, Math.min(100, (100 * now) / top)).toFixed(1), height: 6 }),
      base === undefined || base === null ? null : h('rect', { class: 'base', x: ((100 * base) / top - 0.5).toFixed(1), y: 0, width: 1.2, height: 12 })));
}

/** @param {string} id */
export const place = (id) => {
  const one = intersection(id);
  return one ? h('a', { href: `#/intersection/${encodeURIComponent(id)}` }, h('span', { class: 'id' }, id), ' ', name(one.name)) : h('span', { class: 'id' }, id);
};

/** Plain words for an intersection. @param {string} id */
export const placeName = (id) => `${id} ${name(intersection(id)?.name)}`.trim();

/** Labelled control. @param {string} label @param {any} control @param {string} [hint] */
export function field(label, control, hint) {
  return h('label', { class: 'field' }, h('span', null, label), control, hint ? h('small', { class: 'quiet' }, hint) : null);
}

/** @param {string} named @param {any[][]} options pairs of value and text @param {Record<string, any>} [props] */
export const select = (named, options, props) => h('select', { name: named, ...props }, options.map(([value, text]) => h('option', { value, key: value, selected: props?.selected === value }, text)));

/** A section with its heading. @param {string} heading @param {...any} more */
export const section = (heading, ...more) => h('section', { class: 'card' }, h('h2', null, heading), more);

/** What a form holds. @param {Event} event @returns {Record<string, any>} */
export function held(event) {
  event.preventDefault();
  const out = /** @type {Record<string, any>} */ ({});
  new FormData(/** @type {HTMLFormElement} */ (event.target)).forEach((value, key) => { out[key] = typeof value === 'string' ? value.trim() : value; });
  return out;
}

/** Nothing to show. @param {string} key */
export const nothing = (key) => h('p', { class: 'quiet nothing' }, t(key));
