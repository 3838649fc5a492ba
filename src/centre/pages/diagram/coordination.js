// @ts-check
// <gw-coordination>: arrivals against green. Time of day to the right, second of the cycle upwards: a dot for each arrival, a
// line where green begins and one where it ends. A good plan has its dots between the two lines.
import { minute, num } from '../format.js';
import { listen } from '../state.js';
import { t, word } from '../text.js';
import { step, Frame } from './frame.js';

/** @typedef {{from: string, phase: string, cycle_s: number, arrivals: number[][], greens: number[][], arrivals_on_green?: number, platoon_ratio?: number}} Approach
 * arrivals: moment and second of the cycle; greens: start of a cycle, and begin and end of green after it */

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
    const top = Math.max(30, one.cycle_s);
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
    this.line(c, frame, one, 1, of('lamp-green'));
    this.line(c, frame, one, 2, of('lamp-red'));
    c.beginPath();
    for (const [at, into] of one.arrivals) c.rect(frame.x(at, 0) - 1.2, frame.y(0, into) - 1.2, 2.4, 2.4);
    c.fillStyle = of('ink');
    c.fill();
  }

  /** Begin or end of green, a line as long as its cycle. @param {CanvasRenderingContext2D} c @param {Frame} frame @param {Approach} one @param {1 | 2} which @param {string} colour */
  line(c, frame, one, which, colour) {
    c.strokeStyle = colour;
    c.lineWidth = 2;
    c.beginPath();
    for (const green of one.greens) {
      // a green that runs over the end of the cycle goes on at its beginning
      const into = green[which] > one.cycle_s ? green[which] - one.cycle_s : green[which];
      const y = frame.y(0, into);
      c.moveTo(frame.x(green[0], 0), y);
      c.lineTo(frame.x(green[0] + one.cycle_s, 0), y);
    }
    c.stroke();
  }
}
customElements.define('gw-coordination', Coordination);
