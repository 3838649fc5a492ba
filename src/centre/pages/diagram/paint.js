// @ts-check
// Paints a time-space diagram: few paths, of what the window shows and no more.
import { clock, minute, num } from '../format.js';
import { name, t } from '../text.js';
import { Model, WAYS, begin, end, first } from './model.js';
import { step } from './frame.js';

/** @typedef {import('./frame.js').Frame} Frame */
/** @typedef {CanvasRenderingContext2D} Canvas */
/** @typedef {import('./model.js').Row} Row */
/**
 * @typedef {{paper: string, ink: string, faint: string, line: string, green: string, yellow: string, red: string, outbound: string,
 *   inbound: string, now: string, font: string, bar: number, text: number}} Look
 * @typedef {{bands: boolean, arrivals: boolean, predicted: boolean, changes: boolean}} Layers
 */

/** Longest passage of a band, s: how far before the window one may begin and still be seen. */
const LONGEST_S = 1800;
/** Yellows thinner than this are left out, px. */
const THINNEST_PX = 0.7;

/**
 * The whole static picture. `present` is the moment it is on the street: nothing after it has happened.
 * @param {Canvas} c @param {Frame} frame @param {Model} model @param {Look} look @param {Layers} layers @param {number} present
 */
export function paint(c, frame, model, look, layers, present) {
  c.fillStyle = look.paper;
  c.fillRect(0, 0, c.canvas.width, c.canvas.height);
  c.font = `${look.text}px ${look.font}`;
  ticks(c, frame, look);
  c.save();
  c.beginPath();
  c.rect(frame.left, frame.top, frame.width, frame.height);
  c.clip();
  if (layers.changes) transitions(c, frame, model, look);
  if (layers.bands) for (const way of WAYS) band(c, frame, model.bands[way].filter((one) => end(one) > model.seen), look[way]);
  lamps(c, frame, model, look, present);
  if (layers.predicted) predictions(c, frame, model, look);
  if (layers.arrivals) dots(c, frame, model, look);
  if (layers.bands) for (const way of WAYS) label(c, frame, model.bands[way].filter((one) => begin(one) > model.seen), look, way);
  c.restore();
  if (layers.changes) changeNames(c, frame, model, look);
}

/** @param {Canvas} c @param {Frame} frame @param {Look} look */
function ticks(c, frame, look) {
  const every = step(frame, frame.across === 'time' ? look.text * 6.5 : look.text * 2.6);
  const write = every < 60 ? clock : minute;
  c.strokeStyle = look.line;
  c.lineWidth = 1;
  c.fillStyle = look.faint;
  c.beginPath();
  for (let at = Math.ceil(frame.from / every) * every; at <= frame.until; at += every) {
    if (frame.across === 'time') {
      const x = Math.round(frame.x(at, 0)) + 0.5;
      c.moveTo(x, frame.top);
      c.lineTo(x, frame.top + frame.height + 4);
      c.textAlign = 'center';
      c.textBaseline = 'top';
      c.fillText(write(at), x, frame.top + frame.height + 6);
    } else {
      const y = Math.round(frame.y(at, 0)) + 0.5;
      c.moveTo(frame.left - 4, y);
      c.lineTo(frame.left + frame.width, y);
      c.textAlign = 'right';
      c.textBaseline = 'middle';
      c.fillText(write(at), frame.left - 8, y);
    }
  }
  c.stroke();
}

/** A line along the time axis beside a stop line. @param {Canvas} c @param {Frame} frame @param {number} from @param {number} until @param {number} m @param {number} aside px, up or to the left */
function bar(c, frame, from, until, m, aside) {
  if (frame.across === 'time') {
    const y = frame.y(0, m) - aside;
    c.moveTo(frame.x(from, m), y);
    c.lineTo(frame.x(until, m), y);
  } else {
    const x = frame.x(0, m) - aside;
    c.moveTo(x, frame.y(from, m));
    c.lineTo(x, frame.y(until, m));
  }
}

/** @param {Canvas} c @param {Frame} frame @param {Model} model @param {Look} look @param {number} present */
function lamps(c, frame, model, look, present) {
  const { from, until } = frame;
  const aside = { outbound: look.bar / 2 + 0.5, inbound: -look.bar / 2 - 0.5 };
  c.lineCap = 'butt';
  // One path a row and way, not one for all: a path's edges are sorted by height, and those of a row lie at one height.
  const stroke = (/** @type {string} */ colour, /** @type {number} */ width, /** @type {number} */ alpha, /** @type {(row: Row, way: 'outbound' | 'inbound') => void} */ path) => {
    c.strokeStyle = colour;
    c.lineWidth = width;
    c.globalAlpha = alpha;
    for (const row of model.rows) {
      for (const way of WAYS) {
        c.beginPath();
        path(row, way);
        c.stroke();
      }
    }
    c.globalAlpha = 1;
  };
  // red is a thin line: long reds must not drown the greens
  stroke(look.red, Math.max(1.5, look.bar * 0.4), 0.85, (row, way) => {
    const [since, last] = [Math.max(from, model.seen), Math.min(until, present)];
    if (since < last && row.greens[way].length > 0) bar(c, frame, since, last, row.at, aside[way]);
  });
  stroke(look.green, look.bar, 1, (row, way) => {
    const greens = row.greens[way];
    const [low, high] = Model.window(greens, from, until);
    for (let k = low; k < high; k += 1) if (greens[k][1] > from) bar(c, frame, Math.max(greens[k][0], from), Math.min(greens[k][1], until, present), row.at, aside[way]);
  });
  stroke(look.yellow, look.bar, 1, (row, way) => {
    const [greens, yellow] = [row.greens[way], row.yellow[way]];
    // what is thinner than this nobody sees
    if (yellow * frame.pace < THINNEST_PX) return;
    const [low, high] = Model.window(greens, from, until);
    for (let k = low; k < high; k += 1) {
      const over = greens[k][1];
      // a green that is still running has no yellow yet
      if (over < present && over + yellow > from) bar(c, frame, over, Math.min(over + yellow, present), row.at, aside[way]);
    }
  });
  stroke(look.green, look.bar * 0.55, 0.5, (row, way) => {
    const running = row.greens[way].at(-1);
    for (const [start, over] of running && running[1] > present ? [running, ...row.programmed[way]] : row.programmed[way]) {
      if (over > present && start < until) bar(c, frame, Math.max(start, present), Math.min(over, until), row.at, aside[way]);
    }
  });
}

/** @param {Canvas} c @param {Frame} frame @param {import('./model.js').Passage[]} passages @param {string} colour */
function band(c, frame, passages, colour) {
  const shown = visible(passages, frame);
  c.beginPath();
  for (const one of shown) {
    one.points.forEach(([at, m], k) => (k === 0 ? c.moveTo(frame.x(at, m), frame.y(at, m)) : c.lineTo(frame.x(at, m), frame.y(at, m))));
    for (let k = one.points.length - 1; k >= 0; k -= 1) {
      const [at, m] = one.points[k];
      c.lineTo(frame.x(at + one.width_s, m), frame.y(at + one.width_s, m));
    }
    c.closePath();
  }
  c.fillStyle = colour;
  c.globalAlpha = 0.17;
  c.fill();
  c.globalAlpha = 0.75;
  c.strokeStyle = colour;
  c.lineWidth = 1;
  c.stroke();
  c.globalAlpha = 1;
}

/** @param {import('./model.js').Passage[]} passages @param {Frame} frame */
export function visible(passages, frame) {
  const [low, high] = [first(passages, frame.from - LONGEST_S, begin), first(passages, frame.until, begin)];
  return passages.slice(low, high).filter((one) => end(one) >= frame.from);
}

/** Width and speed of each band (of each piece of the road that has one), along the slope of its passage nearest the middle.
 * @param {Canvas} c @param {Frame} frame @param {import('./model.js').Passage[]} passages @param {Look} look @param {'outbound' | 'inbound'} way */
function label(c, frame, passages, look, way) {
  const aim = frame.from + (frame.until - frame.from) * (way === 'outbound' ? 0.42 : 0.58);
  const middle = (/** @type {import('./model.js').Passage} */ one) => (begin(one) + end(one)) / 2;
  /** @type {Map<string, import('./model.js').Passage[]>} */
  const pieces = new Map();
  for (const one of visible(passages, frame)) {
    const key = `${one.points[0][1]} ${one.points.length} ${one.width_s}`;
    pieces.set(key, [...(pieces.get(key) ?? []), one]);
  }
  for (const all of pieces.values()) {
    const one = all.reduce((best, other) => (Math.abs(middle(other) - aim) < Math.abs(middle(best) - aim) ? other : best));
    // the cycle is what lies between two passages
    const cycle = all.length > 1 ? Math.abs(begin(all[1]) - begin(all[0])) : 0;
    tag(c, frame, one, look, way, cycle);
  }
}

/** @param {Canvas} c @param {Frame} frame @param {import('./model.js').Passage} one @param {Look} look @param {'outbound' | 'inbound'} way @param {number} cycle */
function tag(c, frame, one, look, way, cycle) {
  let best = 0;
  for (let k = 1; k + 1 < one.points.length; k += 1) {
    if (Math.abs(one.points[k + 1][1] - one.points[k][1]) > Math.abs(one.points[best + 1][1] - one.points[best][1])) best = k;
  }
  const [a, b] = [one.points[best], one.points[best + 1]];
  const half = one.width_s / 2;
  const [ax, ay, bx, by] = [frame.x(a[0] + half, a[1]), frame.y(a[0] + half, a[1]), frame.x(b[0] + half, b[1]), frame.y(b[0] + half, b[1])];
  const speed = Math.abs((b[1] - a[1]) / (b[0] - a[0] || 1)) * 3.6;
  const whole = [num(one.width_s, 0, 's'), cycle > 0 ? num((100 * one.width_s) / cycle, 0, '%') : '', num(speed, 0, 'km/h')].filter(Boolean).join(' · ');
  c.font = `600 ${look.text}px ${look.font}`;
  // a short piece has room for its width alone
  const [head, tail] = [one.points[0], one.points[one.points.length - 1]];
  const long = Math.hypot(frame.x(tail[0], tail[1]) - frame.x(head[0], head[1]), frame.y(tail[0], tail[1]) - frame.y(head[0], head[1]));
  const text = c.measureText(whole).width < long * 0.6 ? whole : num(one.width_s, 0, 's');
  let angle = Math.atan2(by - ay, bx - ax);
  if (angle > Math.PI / 2) angle -= Math.PI;
  if (angle < -Math.PI / 2) angle += Math.PI;
  c.save();
  c.translate((ax + bx) / 2, (ay + by) / 2);
  c.rotate(angle);
  c.textAlign = 'center';
  c.textBaseline = 'middle';
  c.lineWidth = 4;
  c.lineJoin = 'round';
  c.strokeStyle = look.paper;
  c.strokeText(text, 0, 0);
  c.fillStyle = look[way];
  c.fillText(text, 0, 0);
  c.restore();
}

/** Arrivals beside the bars, a dot each. @param {Canvas} c @param {Frame} frame @param {Model} model @param {Look} look */
function dots(c, frame, model, look) {
  const size = 2.4;
  for (const way of WAYS) {
    const aside = (way === 'outbound' ? 1 : -1) * (look.bar + size + 1);
    c.beginPath();
    for (const row of model.rows) {
      const times = row.arrivals[way];
      const high = first(times, frame.until, (one) => one);
      for (let k = first(times, frame.from, (one) => one); k < high; k += 1) {
        const x = frame.x(times[k], row.at) - (frame.across === 'time' ? 0 : aside);
        const y = frame.y(times[k], row.at) - (frame.across === 'time' ? aside : 0);
        c.rect(x - size / 2, y - size / 2, size, size);
      }
    }
    c.fillStyle = look[way];
    c.fill();
  }
}

/** When the platoon from the stop line before would come: a thin line farther from the bars. @param {Canvas} c @param {Frame} frame @param {Model} model @param {Look} look */
function predictions(c, frame, model, look) {
  for (const way of WAYS) {
    const aside = (way === 'outbound' ? 1 : -1) * (look.bar + 7.5);
    c.beginPath();
    for (const row of model.rows) {
      const [low, high] = Model.window(row.predicted[way], frame.from, frame.until);
      for (let k = low; k < high; k += 1) {
        const [start, over] = row.predicted[way][k];
        if (over > frame.from) bar(c, frame, start, over, row.at, aside);
      }
    }
    c.strokeStyle = look[way];
    c.globalAlpha = 0.55;
    c.lineWidth = 1.6;
    c.stroke();
    c.globalAlpha = 1;
  }
}

/** @param {Canvas} c @param {Frame} frame @param {Model} model @param {Look} look */
function transitions(c, frame, model, look) {
  c.fillStyle = look.ink;
  c.globalAlpha = 0.07;
  for (const [k, change] of model.changes.entries()) {
    const at = change.at;
    // the next change takes over what this one has not finished
    const until = change.until === undefined ? undefined : Math.min(change.until, model.changes[k + 1]?.at ?? Infinity);
    if (until === undefined || until < frame.from || at > frame.until) continue;
    if (frame.across === 'time') c.fillRect(frame.x(at, 0), frame.top, frame.x(until, 0) - frame.x(at, 0), frame.height);
    else c.fillRect(frame.left, frame.y(until, 0), frame.width, frame.y(at, 0) - frame.y(until, 0));
  }
  c.globalAlpha = 0.8;
  c.strokeStyle = look.ink;
  c.lineWidth = 1.2;
  c.setLineDash([6, 4]);
  c.beginPath();
  for (const { at } of model.changes) {
    if (at < frame.from || at > frame.until) continue;
    if (frame.across === 'time') {
      c.moveTo(frame.x(at, 0), frame.top);
      c.lineTo(frame.x(at, 0), frame.top + frame.height);
    } else {
      c.moveTo(frame.left, frame.y(at, 0));
      c.lineTo(frame.left + frame.width, frame.y(at, 0));
    }
  }
  c.stroke();
  c.setLineDash([]);
  c.globalAlpha = 1;
}

/** @param {Canvas} c @param {Frame} frame @param {Model} model @param {Look} look */
function changeNames(c, frame, model, look) {
  c.fillStyle = look.ink;
  c.font = `600 ${look.text}px ${look.font}`;
  let taken = -Infinity;
  for (const { at, text } of model.changes) {
    if (at < frame.from || at > frame.until) continue;
    const words = `◈ ${text ? name(text) : t('diagram.change')}`;
    if (frame.across === 'time') {
      const x = frame.x(at, 0);
      const wide = c.measureText(words).width;
      const from = Math.min(x - 4, frame.left + frame.width - wide);
      if (from < taken) continue;
      c.textAlign = 'left';
      c.textBaseline = 'bottom';
      c.fillText(words, from, frame.top - 4);
      taken = from + wide + 10;
    } else {
      c.textAlign = 'left';
      c.textBaseline = 'bottom';
      c.fillText(words, frame.left + 4, frame.y(at, 0) - 2);
    }
  }
}

/** The names of the stop lines, beside the plot. @param {Canvas} c @param {Frame} frame @param {Look} look @param {{id: string, at: number, name: string}[]} rows */
export function names(c, frame, look, rows) {
  const fit = (/** @type {string} */ text, /** @type {number} */ room) => {
    let kept = text;
    while (kept.length > 1 && c.measureText(kept).width > room) kept = kept.slice(0, -1);
    return kept === text ? text : `${kept.slice(0, -1)}…`;
  };
  let last = Infinity;
  for (const row of rows) {
    if (frame.across === 'time') {
      const y = frame.y(0, row.at);
      if (last - y < look.text * 1.05) continue;
      last = y;
      c.textBaseline = 'middle';
      c.textAlign = 'right';
      c.font = `${look.text * 0.86}px ${look.font}`;
      c.fillStyle = look.faint;
      const metres = num(row.at);
      c.fillText(metres, frame.left - 8, y);
      c.textAlign = 'left';
      c.font = `600 ${look.text}px ${look.font}`;
      c.fillStyle = look.ink;
      c.fillText(row.id, 2, y);
      const x = 2 + c.measureText(row.id).width + 6;
      c.font = `${look.text}px ${look.font}`;
      c.fillText(fit(row.name, frame.left - 14 - look.text * 2.4 - x), x, y);
    } else {
      const x = frame.x(0, row.at);
      c.save();
      c.translate(x + look.text * 0.35, frame.top + frame.height + 8);
      c.rotate(Math.PI / 5);
      c.textAlign = 'left';
      c.textBaseline = 'top';
      c.fillStyle = look.ink;
      c.fillText(`${row.id} ${fit(row.name, look.text * 5.2)}`, 0, 0);
      c.restore();
    }
  }
}
