// @ts-check
// One intersection: what its stages were given and what they used, arrivals against green, detectors, the line, what happened.
import '../diagram/coordination.js';
import { get, list } from '../api.js';
import { clock, num, percent, signed } from '../format.js';
import { decision } from '../decision.js';
import { badge, mark, mode, nothing, section, table, tdn, th, title } from '../parts.js';
import { intersection, liveIntersection, marked, now, state } from '../state.js';
import { name, t, word } from '../text.js';
import { h } from '../tree.js';
import { View } from '../view.js';

/** Between two questions, ms. */
const BEAT_MS = 3000;

class IntersectionView extends View {
  /** @type {any} */
  detail = null;

  start() {
    void this.load();
    this.every(BEAT_MS, () => { if (!state.stale) void this.load(); });
    this.every(500, () => { if (!state.stale) this.paint(); });
  }

  async load() {
    try {
      this.detail = await get(`intersections/${encodeURIComponent(this.subject)}`);
    } catch (error) {
      this.detail ??= { failed: /** @type {Error} */ (error).message };
    }
    this.paint();
  }

  render() {
    const one = intersection(this.subject);
    if (!one) return nothing('intersection.unknown');
    const live = liveIntersection(one.id);
    const stage = one.stages.find((s) => s.stage === live?.stage);
    const left = live?.next_stage_in_s === undefined || live.link === 'lost' ? undefined : Math.max(0, live.next_stage_in_s - (now() - (state.city?.at ?? 0)));
    const roads = state.network?.corridors.filter((road) => road.members.some((member) => member.intersection === one.id)) ?? [];
    const who = marked(one.id);
    const d = this.detail ?? {};
    return [
      title([h('span', { class: 'id' }, `${one.id} `), name(one.name)], mode(live), who ? badge(`mark-${who}`, word('mark', who)) : null,
        roads.map((road) => h('a', { key: road.id, href: `#/corridor/${encodeURIComponent(road.id)}` }, name(road.name))),
        h('span', { class: 'fact' }, t('row.stage'), ' ', h('b', null, stage ? `${stage.stage} ${name(stage.name)}` : '—')),
        h('span', { class: 'fact' }, t('row.next'), ' ', h('b', null, num(left, 0, 's'))),
        h('span', { class: 'fact' }, t('cycle'), ' ', h('b', null, num(live?.cycle_s, 0, 's'))),
        h('span', { class: 'fact' }, t('row.offset'), ' ', h('b', null, num(live?.offset_s, 0, 's')), ' ', signed(live?.offset_error_s, 1, 's'))),
      d.failed ? h('p', { class: 'wrong', role: 'alert' }, d.failed) : null,
      h('div', { class: 'columns' }, section(t('split'), this.split(one, d)), section(t('communications'), this.communications(one, live, d))),
      this.coordination(d),
      h('div', { class: 'columns' }, section(t('row.detectors'), this.detectors(one, d)), section(t('events'), this.events(d))),
    ];
  }

  /** A bar for each stage: outline what was programmed, filled what was used, a mark for each of the last cycles. @param {import('../shapes.js').Intersection} one @param {any} d */
  split(one, d) {
    const rows = list(d.splits);
    if (rows.length === 0) return nothing('split.none');
    const most = Math.max(30, ...rows.flatMap((row) => [row.programmed_s ?? 0, ...(row.used_s ?? [])])) * 1.08;
    const [left, wide, high] = [128, 400, 34];
    const x = (/** @type {number} */ s) => left + (s / most) * wide;
    return [
      h('svg', { class: 'split', viewBox: `0 0 ${left + wide + 130} ${rows.length * high + 20}`, role: 'img', 'aria-label': t('split') },
        [0, 20, 40, 60, 80, 100].filter((s) => s <= most).map((s) => [h('path', { class: 'edge', d: `M${x(s)} 0V${rows.length * high}` }), h('text', { class: 'faint', x: x(s), y: rows.length * high + 13, 'text-anchor': 'middle' }, s)]),
        rows.map((row, k) => {
          /** @type {number[]} */
          const used = row.used_s ?? [];
          const stage = one.stages.find((s) => s.stage === row.stage);
          const y = k * high + 6;
          const average = row.mean_s;
          return [h('text', { x: 0, y: y + 14 }, `${row.stage} ${name(stage?.name)}`),
            average === undefined ? null : h('rect', { class: 'used', x: left, y: y + 3, width: Math.max(0, x(average) - left), height: high - 18, opacity: 0.35 }),
            used.map((green, n) => h('rect', { class: 'used', x: x(green) - 1, y: y + 3 + ((high - 19) * n) / Math.max(1, used.length), width: 2.2, height: Math.max(1.6, (high - 19) / Math.max(1, used.length)) })),
            row.programmed_s === undefined ? null : h('rect', { class: 'programmed', x: left, y, width: Math.max(0, x(row.programmed_s) - left), height: high - 12 }),
            h('text', { class: 'faint', x: left + wide + 8, y: y + 14 }, `${num(row.programmed_s, 0)} / ${num(average, 1)} s`)];
        })),
      h('p', { class: 'quiet' }, t('split.key', { n: Math.max(...rows.map((row) => (row.used_s ?? []).length)) })),
    ];
  }

  /** @param {any} d */
  coordination(d) {
    const approaches = list(d.coordination);
    if (approaches.length === 0) return section(t('coordination'), nothing('coordination.none'));
    return h('div', { class: 'columns' }, approaches.map((one) => h('section', { class: 'card', key: one.from }, h('h2', null, `${t('coordination')} · ${t('coordination.from', { from: word('arm', one.from) })} ${one.phase}`),
      h('p', null, t('aog'), ' ', h('b', null, percent(one.arrivals_on_green)), ' · ', t('ratio'), ' ', h('b', null, num(one.platoon_ratio, 2)), ' · ', t('delay'), ' ', h('b', null, num(one.delay_s, 0, 's')),
        ' · ', t('detector.flow'), ' ', h('b', null, num(one.flow_veh_h, 0)), ' · ', t('queue'), ' ', h('b', null, num(one.queue_m, 0, 'm'))),
      h('gw-coordination', { '.data': { approach: one, from: Math.max(d.at - 1800, Math.min(d.at - 600, ...list(d.coordination).flatMap((other) => [other.arrivals[0]?.[0] ?? d.at, other.greens[0]?.[0] ?? d.at]))), until: d.at } }),
      h('p', { class: 'quiet' }, t('coordination.key')))));
  }

  /** @param {import('../shapes.js').Intersection} one @param {any} d */
  detectors(one, d) {
    const health = new Map(list(d.detectors).map((row) => [row.channel, row.health]));
    if (one.detectors.length === 0) return nothing('detectors.none');
    const excluded = (/** @type {number} */ channel) => state.interventions.some((other) => other.kind === 'exclude' && other.intersection === one.id && /** @type {any} */ (other).channel === channel);
    /** A row for each approach and kind, a cell for each lane. @type {Map<string, import('../shapes.js').Detector[]>} */
    const rows = new Map();
    for (const detector of one.detectors) {
      const key = `${detector.from} ${detector.kind} ${detector.distance_m}`;
      rows.set(key, [...(rows.get(key) ?? []), detector]);
    }
    const lanes = Math.max(...one.detectors.map((detector) => detector.lane));
    return table([t('detector.place'), t('detector.kind'), ...Array.from({ length: lanes }, (_, k) => t('detector.lane', { n: k + 1 }))], [...rows].map(([key, all]) => h('tr', { key },
      h('th', { scope: 'row' }, word('arm', all[0].from)), h('td', null, `${word('detector', all[0].kind)} ${all[0].distance_m ? num(all[0].distance_m, 0, 'm') : ''}`),
      Array.from({ length: lanes }, (_, k) => h('td', null, all.filter((detector) => detector.lane === k + 1).map((detector) => {
        const says = health.get(detector.channel);
        const well = says === undefined || says === 'good';
        return h('span', { key: detector.channel, title: `${t('detector.channel')} ${detector.channel}: ${word('health', says)}` }, well ? h('span', { class: 'quiet' }, `${detector.channel} ✓`) : [h('b', null, `${detector.channel} `), mark(says === 'silent' ? 'medium' : 'high'), ' ', word('health', says)],
          excluded(detector.channel) ? [' ', badge('mark-intervention', t('detector.excluded'))] : null, ' ');
      }))))));
  }

  /** @param {import('../shapes.js').Intersection} one @param {import('../shapes.js').LiveIntersection | undefined} live @param {any} d */
  communications(one, live, d) {
    const c = d.communications ?? {};
    const facts = [[t('row.link'), [word('link', live?.link ?? c.link), c.lost_since === undefined ? '' : ` · ${t('since')} ${clock(c.lost_since)}`]], [t('row.mode'), word('mode', live?.mode ?? c.mode)],
      [t('line'), [one.cabinet?.line, t('line.unit', { n: one.cabinet?.unit ?? '—' }), one.cabinet?.profile].filter(Boolean).join(' · ')], [t('row.answer'), num(live?.answer_ms ?? c.answer_ms, 0, 'ms')],
      [t('line.generation'), c.generation === undefined ? undefined : c.generation === 0 ? t('line.own') : String(c.generation)],
      [t('row.clock'), `${signed(live?.clock_error_s ?? c.clock_error_s, 1, 's')}${c.clock_drift_ppm === undefined ? '' : ` · ${signed(c.clock_drift_ppm, 0, 'ppm')}`}`],
      [t('line.fault'), c.fault === undefined ? undefined : c.fault === 0 ? t('line.nofault') : h('b', { class: 'notable' }, String(c.fault))], [t('line.boots'), c.boots === undefined ? undefined : String(c.boots)]];
    return h('table', { class: 'facts' }, h('tbody', null, facts.filter(([, value]) => value !== undefined).map(([label, value]) => h('tr', { key: label }, h('th', { scope: 'row', class: 'quiet' }, label), h('td', null, value)))));
  }

  /** @param {any} d */
  events(d) {
    const rows = list(d.events);
    if (rows.length === 0) return nothing('events.none');
    return table([t('time'), t('event')], rows.slice(0, 60).map((row, k) => h('tr', { key: `${row.at}/${k}` }, h('td', { class: 'number' }, clock(row.at)), h('td', null, decision(row.event)))));
  }
}
customElements.define('gw-intersection', IntersectionView);
