// @ts-check
// What a stage means for the two ways of a corridor, and the corridor drawn as one straight road.
import { mark } from './parts.js';
import { corridor, intersection, liveIntersection, marked } from './state.js';
import { name, t, word } from './text.js';
import { h } from './tree.js';

/** Which phase serves traffic straight along the corridor at a member. @param {import('./shapes.js').Intersection} one @param {string | undefined} from */
export function through(one, from) {
  if (from === undefined) return one.reference_phase;
  return (one.phases.find((phase) => phase.serves !== 'pedestrians' && phase.from === from && phase.movements.includes('T'))
    ?? one.phases.find((phase) => phase.serves !== 'pedestrians' && phase.from === from))?.id ?? one.reference_phase;
}

/** What the corridor's traffic sees now: 'green', 'red', or 'dark' when nobody knows. @param {import('./shapes.js').Member} member @param {'outbound' | 'inbound'} way */
export function lamp(member, way) {
  const [one, live] = [intersection(member.intersection), liveIntersection(member.intersection)];
  if (!one || !live || live.link === 'lost' || !live.stage) return 'dark';
  const phase = through(one, way === 'outbound' ? member.outbound_from : member.inbound_from);
  const stage = one.stages.find((stage) => stage.stage === live.stage);
  return stage?.phases.includes(phase) ? 'green' : 'red';
}

/** Whether an intersection wants somebody's eye, and why. @param {string} id @returns {{severity: string, why: string} | null} */
export function trouble(id) {
  const live = liveIntersection(id);
  if (!live) return null;
  if (live.link === 'lost') return { severity: 'high', why: t('link.lost') };
  if (live.mode === 'flash') return { severity: 'high', why: word('mode', 'flash') };
  if (live.mode === 'manual' || live.mode === 'local') return { severity: 'medium', why: word('mode', live.mode) };
  if ((live.detectors?.failed ?? 0) > 0) return { severity: 'low', why: t('detectors.failed', { n: live.detectors?.failed ?? 0 }) };
  return null;
}

/** The corridor as a straight road: its intersections at their places, with the lamps of both ways. @param {string} id */
export function strip(id) {
  const road = corridor(id);
  if (!road) return null;
  const places = road.members.map((one) => one.at_m);
  const [low, high] = [Math.min(...places), Math.max(...places)];
  // places by distance, but never nearer than a name needs: half by distance, half by count
  const last = Math.max(1, road.members.length - 1);
  const at = (/** @type {number} */ m, /** @type {number} */ k) => 4.5 + 91 * (0.45 * ((m - low) / Math.max(1, high - low)) + 0.55 * (k / last));
  return h('div', { class: road.members.length > 8 ? 'strip many' : 'strip', role: 'list' }, road.members.map((member, k) => {
    const [one, live, wrong] = [intersection(member.intersection), liveIntersection(member.intersection), trouble(member.intersection)];
    const who = marked(member.intersection);
    const kind = !live || live.link === 'lost' ? 'lost' : live.mode === 'centre' ? 'centre' : live.mode === 'preempt' ? 'preempt' : 'alone';
    const words = [`${member.intersection} ${name(one?.name)}`, live?.mode ? word('mode', live.mode) : '', wrong?.why ?? '', who ? word('mark', who) : ''].filter(Boolean).join(' · ');
    return h('a', { key: member.intersection, role: 'listitem', class: `node ${kind} ${wrong && wrong.severity !== 'low' ? 'troubled' : ''} ${who ? `mark-${who}` : ''}`, href: `#/intersection/${encodeURIComponent(member.intersection)}`,
      style: { left: `${at(member.at_m, k).toFixed(2)}%` }, title: words, 'aria-label': words },
      h('span', { class: 'above' }, wrong ? mark(wrong.severity) : who === 'escort' ? '✚' : who ? '⚑' : null),
      h('span', { class: 'lamps' }, h('i', { class: `lamp ${lamp(member, 'outbound')}` }), h('i', { class: `lamp ${lamp(member, 'inbound')}` })),
      h('span', { class: 'under' }, name(one?.name)));
  }));
}

/** A queue that grows, in words. @param {import('./shapes.js').LiveCorridor['warning']} warning */
export function warningText(warning) {
  if (!warning) return null;
  const { intersection: id, from, share_full, full_in_s } = warning;
  return h('p', { class: 'warning', role: 'status' }, mark('medium'), ' ', t('warning', { id: `${id} ${name(intersection(id)?.name)}`, from: word('arm', from) }),
    share_full === undefined ? null : ` ${t('warning.full', { n: Math.round(share_full * 100) })}`,
    full_in_s === undefined ? null : ` ${t('warning.in', { n: Math.max(1, Math.round(full_in_s / 60)) })}`);
}
