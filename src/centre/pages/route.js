// @ts-check
// A route by clicking intersections in their order, and how far an escorted vehicle has come on one.
import { clock, num, signed, stamp } from './format.js';
import { mark, place, placeName, table, tdn, th } from './parts.js';
import { intersection, now, state } from './state.js';
import { name, t, word } from './text.js';
import { h } from './tree.js';

/** Buttons for all intersections by corridor; pressed in order they are the route. @param {string[]} route @param {(route: string[]) => void} changed */
export function picker(route, changed) {
  const press = (/** @type {string} */ id) => changed(route.includes(id) ? route.filter((one) => one !== id) : [...route, id]);
  return [
    state.network?.corridors.map((road) => h('div', { key: road.id, class: 'road' },
      h('p', null, h('b', null, name(road.name)), ' ',
        h('button', { type: 'button', class: 'slim', onclick: () => changed(road.members.map((one) => one.intersection)) }, t('route.outbound')), ' ',
        h('button', { type: 'button', class: 'slim', onclick: () => changed(road.members.map((one) => one.intersection).reverse()) }, t('route.inbound'))),
      h('div', { class: 'pick', role: 'group', 'aria-label': name(road.name) }, road.members.map((one) => h('button', { key: one.intersection, type: 'button', class: 'slim', 'data-id': one.intersection, 'aria-pressed': route.includes(one.intersection) ? 'true' : 'false', onclick: () => press(one.intersection) },
        route.includes(one.intersection) ? `${route.indexOf(one.intersection) + 1} · ` : '', placeShort(one.intersection)))))),
    h('p', { class: 'quiet', role: 'status' }, route.length === 0 ? t('route.none') : t('route.of', { n: route.length, from: placeName(route[0]), to: placeName(route[route.length - 1]) }), ' ',
      route.length > 0 ? h('button', { type: 'button', class: 'slim', onclick: () => changed([]) }, t('route.clear')) : null),
  ];
}

/** @param {string} id */
const placeShort = (id) => `${id} ${name(intersection(id)?.name)}`;

/** Progress over the route, intersection by intersection. @param {any} escort */
export function progress(escort) {
  const rows = escort.rows ?? escort.progress ?? [];
  if (rows.length === 0) return h('ol', { class: 'steps' }, (escort.route ?? []).map((/** @type {any} */ id) => h('li', { key: id.intersection ?? id }, placeShort(id.intersection ?? id))));
  return table([th('№'), t('row.intersection'), t('state'), th(t('escort.predicted')), th(t('escort.greenfrom')), th(t('escort.greenuntil')), th(t('escort.passed'))], rows.map((/** @type {any} */ row, /** @type {number} */ k) => {
    const passed = row.passed !== undefined && row.passed !== null;
    const open = !passed && row.green_from !== undefined && row.green_from !== null && row.green_from <= now() && (row.green_until ?? Infinity) >= now();
    return h('tr', { key: row.intersection, class: passed ? 'gone' : '' }, tdn(k + 1), h('th', { scope: 'row' }, place(row.intersection)),
      h('td', null, open ? h('i', { class: 'lamp green' }) : null, ' ', word('step', row.state ?? row.progress?.state), row.stops && !passed ? [' ', mark('low'), ' ', h('small', null, t('escort.stops'))] : null),
      tdn(clock(row.predicted), passed || row.predicted === undefined ? null : h('small', null, ` ${signed(row.predicted - now(), 0, 's')}`)), tdn(clock(row.green_from)), tdn(clock(row.green_until)), tdn(passed ? clock(row.passed) : '—'));
  }));
}

/** What it was in the end. @param {Record<string, any> | undefined} report */
export function report(report) {
  if (!report) return null;
  const facts = Object.entries(report).filter(([, value]) => typeof value === 'number' || typeof value === 'string');
  return h('dl', { class: 'tiles report' }, facts.map(([key, value]) => h('div', { class: 'tile', key }, h('dt', null, word('report', key)), h('dd', null, typeof value === 'number' ? (value > 1e9 ? stamp(value) : num(value, Number.isInteger(value) ? 0 : 1)) : value))), report.text ? h('p', null, name(report.text)) : null);
}
