// @ts-check
// A set of plans as a small time-space picture over three cycles: greens as the plans say, without any street.
import { intersection } from '../state.js';
import { name, t } from '../text.js';
import { h } from '../tree.js';
import { through } from '../street.js';

const [WIDE, HIGH, LEFT] = [620, 240, 92];
const CYCLES = 3;

/** @param {import('../shapes.js').Corridor} road @param {import('../shapes.js').PlanSet} set */
export function cyclic(road, set) {
  const plans = new Map(set.plans.map((plan) => [plan.intersection, plan]));
  const places = road.members.map((one) => one.at_m);
  const [low, high] = [Math.min(...places), Math.max(...places)];
  const longest = Math.max(1, ...road.members.map((one) => plans.get(one.intersection)?.cycle_s ?? 0));
  const x = (/** @type {number} */ s) => LEFT + (s / (CYCLES * longest)) * (WIDE - LEFT - 4);
  const y = (/** @type {number} */ m) => HIGH - 24 - ((m - low) / Math.max(1, high - low)) * (HIGH - 40);
  let [greens, reds] = ['', ''];
  for (const member of road.members) {
    const plan = plans.get(member.intersection);
    const one = intersection(member.intersection);
    if (!plan || !one || plan.cycle_s <= 0) continue;
    for (const [from, aside] of /** @type {[string | undefined, number][]} */ ([[member.outbound_from, -2.2], [member.inbound_from, 2.2]])) {
      const row = y(member.at_m) + aside;
      reds += `M${x(0)} ${row}H${x(CYCLES * longest)}`;
      for (const [start, length] of shown(one, plan, through(one, from))) {
        for (let k = -1; k * plan.cycle_s + start < CYCLES * longest; k += 1) {
          const [a, b] = [Math.max(0, k * plan.cycle_s + start), Math.min(CYCLES * longest, k * plan.cycle_s + start + length)];
          if (b > a) greens += `M${x(a).toFixed(1)} ${row}H${x(b).toFixed(1)}`;
        }
      }
    }
  }
  return h('svg', { class: 'small-diagram', viewBox: `0 0 ${WIDE} ${HIGH}`, role: 'img', 'aria-label': t('plans.picture', { id: set.id, road: name(road.name) }) },
    h('path', { class: 'red', d: reds }), h('path', { class: 'green', d: greens }),
    road.members.map((one, k) => (k > 0 && y(road.members[k - 1].at_m) - y(one.at_m) < 9 ? null : h('text', { x: 0, y: y(one.at_m) + 3.5 }, `${one.intersection} ${name(intersection(one.intersection)?.name)}`.slice(0, 13)))),
    Array.from({ length: CYCLES + 1 }, (_, k) => h('text', { x: x(k * longest), y: HIGH - 6, 'text-anchor': k === 0 ? 'start' : 'end' }, `${Math.round(k * longest)} s`)));
}

/** Begin and length of a phase's greens within the cycle, of the clock's zero. @param {import('../shapes.js').Intersection} one @param {import('../shapes.js').Plan} plan @param {string} phase @returns {number[][]} */
function shown(one, plan, phase) {
  let into = 0;
  /** @type {number[][]} */
  const runs = [];
  let reference = 0;
  const has = (/** @type {{stage: number}} */ split, /** @type {string} */ id) => one.stages.find((stage) => stage.stage === split.stage)?.phases.includes(id) ?? false;
  plan.stages.forEach((split, k) => {
    const stage = one.stages.find((other) => other.stage === split.stage);
    const before = plan.stages[(k + plan.stages.length - 1) % plan.stages.length];
    if (has(split, one.reference_phase) && !has(before, one.reference_phase)) reference = into;
    const whole = split.green_s + (stage?.yellow_s ?? 3) + (stage?.all_red_s ?? 2);
    if (has(split, phase)) {
      const last = runs.at(-1);
      // a phase that is also in the stage before goes on through the change
      if (last && k > 0 && has(before, phase)) last[1] = into + split.green_s - last[0];
      else runs.push([into, split.green_s]);
    }
    into += whole;
  });
  // the offset is the start of the reference phase's green
  return runs.map(([start, length]) => [start - reference + plan.offset_s, length]);
}
