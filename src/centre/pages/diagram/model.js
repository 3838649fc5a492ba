// @ts-check
// What a diagram knows: greens, passages of bands, arrivals, changes; all sorted by time, so that a window is found by halving.

/** @typedef {import('../shapes.js').Diagram} Piece */
/** @typedef {import('../shapes.js').Passage} Passage */
/** @typedef {import('../shapes.js').Change} Change */

/** @type {readonly ['outbound', 'inbound']} */
export const WAYS = ['outbound', 'inbound'];
/** Most greens kept of a row and way; a day of 80 s cycles. */
const MOST = 1100;
const MOST_ARRIVALS = 20000;

/** First place in a sorted list whose value is at least `t`. @template T @param {T[]} sorted @param {number} t @param {(one: T) => number} of */
export function first(sorted, t, of) {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (of(sorted[middle]) < t) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * @typedef {Record<string, number[][]>} Spans by way; starts and ends
 * @typedef {{id: string, at: number, yellow: Record<string, number>, greens: Spans, programmed: Spans, arrivals: Record<string, number[]>, predicted: Spans}} Row
 */

export class Model {
  /** @param {import('../shapes.js').Corridor} corridor */
  constructor(corridor) {
    this.id = corridor.id;
    /** @type {Row[]} */
    this.rows = corridor.members.map((one) => ({
      id: one.intersection,
      at: one.at_m,
      yellow: { outbound: 3, inbound: 3 },
      greens: { outbound: [], inbound: [] },
      programmed: { outbound: [], inbound: [] },
      arrivals: { outbound: [], inbound: [] },
      predicted: { outbound: [], inbound: [] },
    }));
    this.byId = new Map(this.rows.map((row) => [row.id, row]));
    /** @type {Record<string, Passage[]>} */
    this.bands = { outbound: [], inbound: [] };
    /** @type {Change[]} */
    this.changes = [];
    /** What is known of: from the one moment to the other. */
    this.since = Infinity;
    this.last = -Infinity;
    /** Since when anything was seen. */
    this.seen = Infinity;
  }

  /** Takes a piece in: what it says of its stretch of time takes the place of what was said before. @param {Piece} piece */
  merge(piece) {
    if (piece.corridor !== this.id) return;
    const { from, now } = piece;
    // the latest piece alone knows what is to come
    const latest = now >= this.last && piece.until >= now;
    const until = Math.min(piece.until, now);
    for (const one of piece.rows ?? []) {
      const row = this.byId.get(one.intersection);
      if (!row) continue;
      if (one.yellow_s) row.yellow = one.yellow_s;
      for (const way of WAYS) {
        const all = one[way] ?? [];
        row.greens[way] = replaced(row.greens[way], all.filter(([start]) => start <= now), from, until);
        if (latest) row.programmed[way] = all.filter(([start]) => start > now);
      }
    }
    for (const way of WAYS) {
      for (const one of piece.arrivals?.[way] ?? []) {
        const row = this.byId.get(one.intersection);
        if (row) row.arrivals[way] = row.arrivals[way].filter((t) => t < from || t > until).concat(one.at).sort((a, b) => a - b).slice(-MOST_ARRIVALS);
      }
      for (const one of piece.predicted?.[way] ?? []) {
        const row = this.byId.get(one.intersection);
        if (row) row.predicted[way] = replaced(row.predicted[way], one.spans, from, latest ? Infinity : piece.until);
      }
      if (piece.bands?.[way]) this.bands[way] = passages(this.bands[way], piece.bands[way], latest ? now : undefined);
    }
    this.changes = this.changes.filter(({ at }) => at < from || at > piece.until).concat(piece.changes ?? []);
    const seen = new Map(this.changes.map((one) => [Math.round(one.at * 10), one]));
    this.changes = [...seen.values()].sort((a, b) => a.at - b.at);
    this.since = Math.min(this.since, from);
    // before the first of anything nobody looked: no lamp is drawn there, not even a red one
    const first = this.rows.flatMap((row) => WAYS.flatMap((way) => [row.greens[way][0]?.[0], row.arrivals[way][0]])).filter((at) => at !== undefined);
    this.seen = Math.max(this.since, Math.min(...first));
    this.last = Math.max(this.last, now);
  }

  /** Greens of a row and way that touch a window, as a range of places. @param {number[][]} greens @param {number} from @param {number} until */
  static window(greens, from, until) {
    return [Math.max(0, first(greens, from, (one) => one[0]) - 1), first(greens, until, (one) => one[0])];
  }

  /** Greens and passages altogether. */
  get size() {
    const of = (/** @type {Record<string, any[]>} */ both) => both.outbound.length + both.inbound.length;
    return this.rows.reduce((sum, row) => sum + of(row.greens) + of(row.programmed), 0) + of(this.bands);
  }
}

/** Spans, those that touch the stretch replaced by others. @param {number[][]} old @param {number[][]} fresh @param {number} from @param {number} until */
function replaced(old, fresh, from, until) {
  const begun = new Set(fresh.map(([start]) => Math.round(start * 5)));
  const kept = old.filter(([start, end]) => (end < from || start > until) && !begun.has(Math.round(start * 5)));
  return kept.concat(fresh).sort((a, b) => a[0] - b[0]).slice(-MOST);
}

/** @param {Passage} one */
export const begin = (one) => Math.min(one.points[0][0], one.points[one.points.length - 1][0]);
/** @param {Passage} one */
export const end = (one) => Math.max(one.points[0][0], one.points[one.points.length - 1][0]) + one.width_s;

/** Passages: what is over stays as it was drawn when it ran; from `now` on the latest plan counts. Without `now`, an older stretch.
 * @param {Passage[]} old @param {Passage[]} fresh @param {number | undefined} now */
function passages(old, fresh, now) {
  const whole = fresh.filter((one) => one.points.length > 1);
  if (old.length === 0) return whole.sort((a, b) => begin(a) - begin(b));
  const all = now === undefined
    ? whole.filter((one) => begin(one) < begin(old[0]) - 1).concat(old)
    : old.filter((one) => end(one) < now).concat(whole.filter((one) => end(one) >= now));
  return all.sort((a, b) => begin(a) - begin(b)).slice(-2 * MOST);
}
