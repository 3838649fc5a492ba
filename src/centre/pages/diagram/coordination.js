// @ts-check
// <gw-coordination>: arrivals against green. Time of day to the right, seconds since the begin of red upwards: a dot for each
// arrival, a line where green begins and one where it ends. A good plan has its dots between the two lines. Each cycle is the
// one that ran, not the one that runs now: its red began when the green before it ended.
import { minute, num } from '../format.js';
import { listen } from '../state.js';
import { t, word } from '../text.js';
import { step, Frame } from './frame.js';

/** @typedef {{from: string, phase: string, cycle_s: number, arrivals: number[][], greens: number[][], arrivals_on_green?: number, platoon_ratio?: number}} Approach
 * arrivals: moment and second of the cycle; greens: start of a cycle, and begin and end of green after it */

/** Ends of green that lie farther apart are no cycle, s. */
const LONGEST_S = 400;

class Coordination extends HTMLElement {
  /** @type {Approach | null} */
  kept = null;
  /** @type {number[]} */
  window = [0, 1];
  /** @type {(() => void)[]} */
  ends = [];

  connectedCallback() {
    this.canvas = document.createElement('canvas');
    this.canvas.setAttribute('role', 'img');
    this.append(this.canvas);
    this.watcher = new ResizeObserver(() => this.draw());
    this.watcher.observe(this);
    for (const topic of ['language', 'layout']) this.ends.push(listen(topic, () => this.draw()));
  }

  disconnectedCallback() {
    this.watcher?.disconnect();
    for (const end of this.ends.splice(0)) end();
    this.replaceChildren();
  }

  /** @param {{approach: Approach, from: number, until: number}} given */
  set data(given) {
    this.kept = given.approach;
    this.window = [given.from, given.until];
    this.draw();
  }

  draw() {
    const [one, canvas] = [this.kept, this.canvas];
    if (!one || !canvas || !this.isConnected) return;
    canvas.setAttribute('aria-label', t('coordination.words', { way: word('arm', one.from), aog: num((one.arrivals_on_green ?? NaN) * 100, 0), ratio: num(one.platoon_ratio, 2), n: one.arrivals.length }));
    const scale = window.devicePixelRatio || 1;
    canvas.width = Math.round(this.clientWidth * scale);
    canvas.height = Math.round(this.clientHeight * scale);
    const c = canvas.getContext('2d');
    if (!c) return;
    c.setTransform(scale, 0, 0, scale, 0, 0);
    const css = getComputedStyle(this);
    const of = (/** @type {string} */ key) => css.getPropertyValue(`--${key}`).trim();
    const text = Math.round(Number.parseFloat(css.fontSize) * 0.8);
    c.font = `${text}px ${css.fontFamily}`;
    const greens = one.greens.map(([start, begin, end]) => [start + begin, start + end]).sort((a, b) => a[0] - b[0]);
    /** Begin of red, begin and end of the green that ends it. @type {number[][]} */
    const cycles = [];
    for (let k = 1; k < greens.length; k += 1) if (greens[k][1] - greens[k - 1][1] < LONGEST_S) cycles.push([greens[k - 1][1], greens[k][0], greens[k][1]]);
    const open = greens.at(-1)?.[1];
    const top = Math.max(30, one.cycle_s, ...cycles.map(([red, , end]) => end - red));
    const frame = new Frame();
    Object.assign(frame, { from: this.window[0], until: this.window[1], low: 0, high: top, left: text * 2.6, top: 8, width: this.clientWidth - text * 3, height: this.clientHeight - text * 2.2 - 8 });
    c.fillStyle = of('faint');
    c.strokeStyle = of('line');
    c.lineWidth = 1;
    c.beginPath();
    c.textBaseline = 'middle';
    c.textAlign = 'right';
    for (let s = 0; s <= top; s += top > 90 ? 30 : 20) {
      const y = Math.round(frame.y(0, s)) + 0.5;
      c.moveTo(frame.left, y);
      c.lineTo(frame.left + frame.width, y);
      c.fillText(String(s), frame.left - 5, y);
    }
    c.stroke();
    c.textBaseline = 'top';
    c.textAlign = 'center';
    const every = step(frame, text * 5);
    for (let at = Math.ceil(frame.from / every) * every; at <= frame.until; at += every) c.fillText(minute(at), frame.x(at, 0), frame.top + frame.height + 4);
    this.line(c, frame, cycles, 1, of('lamp-green'));
    this.line(c, frame, cycles, 2, of('lamp-red'));
    c.beginPath();
    let k = 0;
    for (const [at] of one.arrivals) {
      while (k < cycles.length && cycles[k][2] < at) k += 1;
      const red = cycles[k]?.[0] ?? open;
      if (red !== undefined && at >= red && at - red <= top) c.rect(frame.x(at, 0) - 1.2, frame.y(0, at - red) - 1.2, 2.4, 2.4);
    }
    c.fillStyle = of('ink');
    c.fill();
  }

  /** Begin or end of green, a line as long as its cycle. @param {CanvasRenderingContext2D} c @param {Frame} frame @param {number[][]} cycles @param {1 | 2} which @param {string} colour */
  line(c, frame, cycles, which, colour) {
    c.strokeStyle = colour;
    c.lineWidth = 2;
    c.beginPath();
    for (const cycle of cycles) {
      const y = frame.y(0, cycle[which] - cycle[0]);
      c.moveTo(frame.x(cycle[0], 0), y);
      c.lineTo(frame.x(cycle[2], 0), y);
    }
    c.stroke();
  }
}
customElements.define('gw-coordination', Coordination);
