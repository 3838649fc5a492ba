// @ts-check
// What the pages know at this moment, and who wants to hear when it changes.

/** @typedef {import('./shapes.js').City} City */
/** @typedef {import('./shapes.js').Network} Network */
/** @typedef {import('./shapes.js').Session} Session */

const bell = new EventTarget();

export const state = {
  /** @type {Session | null} */ session: null,
  /** @type {Network | null} */ network: null,
  /** @type {City | null} */ city: null,
  /** When `city` came, ms of `performance.now()`. */
  received: 0,
  /** No picture for more than three seconds. */
  stale: false,
  /** What stands and is not in the picture of each second. @type {import('./shapes.js').Alarm[]} */ alarms: [],
  /** @type {import('./shapes.js').Intervention[]} */ interventions: [],
  /** @type {import('./shapes.js').Escort[]} */ escorts: [],
};

/** Tells those who listen. @param {string} topic @param {any} [detail] */
export function tell(topic, detail) {
  bell.dispatchEvent(new CustomEvent(topic, { detail }));
}

/** Listens; the answer ends it. @param {string} topic @param {(detail: any) => void} hear @returns {() => void} */
export function listen(topic, hear) {
  const heard = (/** @type {Event} */ event) => hear(/** @type {CustomEvent} */ (event).detail);
  bell.addEventListener(topic, heard);
  return () => bell.removeEventListener(topic, heard);
}

const RANKS = ['viewer', 'operator', 'engineer', 'admin'];

/** Whether the one who is logged in may do what needs this role; the server judges again. @param {string} role */
export function may(role) {
  return state.session !== null && RANKS.indexOf(state.session.role) >= RANKS.indexOf(role);
}

/** The moment it is on the street, s: the last picture's, carried on at its pace for at most the three seconds it may be believed. */
export function now() {
  if (!state.city) return 0;
  const since = Math.min(3, (performance.now() - state.received) / 1000);
  return state.city.at + since * (state.city.time_scale ?? 1);
}

/** @param {string} id */
export const intersection = (id) => state.network?.intersections.find((one) => one.id === id);
/** @param {string} id */
export const corridor = (id) => state.network?.corridors.find((one) => one.id === id);
/** @param {string} id */
export const liveIntersection = (id) => state.city?.intersections.find((one) => one.id === id);
/** @param {string} id */
export const liveCorridor = (id) => state.city?.corridors.find((one) => one.id === id);

/** Open alarms of a corridor or of all, by severity. @param {string} [id] @returns {import('./shapes.js').Counts} */
export function counts(id) {
  const counts = { high: 0, medium: 0, low: 0 };
  const members = id === undefined ? undefined : new Set(corridor(id)?.members.map((one) => one.intersection));
  for (const { state: now, severity, corridor: road, intersection: at } of state.alarms) {
    if (now !== 'open' || (members && road !== id && !(at !== undefined && members.has(at)))) continue;
    if (severity === 'high' || severity === 'medium' || severity === 'low') counts[severity] += 1;
  }
  return counts;
}

/** What people did to an intersection: 'escort' where one comes, 'intervention' where something else stands. @param {string} id */
export function marked(id) {
  if (state.escorts.some((one) => one.state === 'running' && one.route?.includes(id) && !one.rows?.some((row) => row.intersection === id && row.state === 'passed'))) return 'escort';
  const over = (/** @type {import('./shapes.js').Intervention} */ one) => one.intersection === id || one.intersections?.includes(id)
    || (one.corridor !== undefined && corridor(one.corridor)?.members.some((member) => member.intersection === id));
  return state.interventions.some((one) => one.state !== 'ended' && over(one)) ? 'intervention' : undefined;
}
