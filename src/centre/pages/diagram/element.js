// @ts-check
// <gw-diagram>: the live time-space diagram. Two canvases: below, what stands (greens, bands, arrivals), painted again when it
// changes or the window moves; above, the line of the present and the reader's cross.
import { get } from '../api.js';
import { clock, num, span } from '../format.js';
import { intersection, listen, now, state } from '../state.js';
import { name, t, word } from '../text.js';
import { h, patch } from '../tree.js';
import { Frame } from './frame.js';
import { Model, WAYS } from './model.js';
import { names, paint, visible } from './paint.js';

/** Seconds of the past asked for at once. */
const PIECE_S = 900;
/** Seconds asked for once more with each piece: greens and arrivals that were told late. */
const AGAIN_S = 60;
/** Seconds of what is to come. */
const AHEAD_S = 600;
/** How far back the server remembers, s. */
const KEPT_S = 3 * 3600;
/** Between two questions, ms. */
const BEAT_MS = 2000;
const [NARROWEST_S, WIDEST_S] = [60, 4 * 3600];
/** Share of the window that lies after the present, while it is followed. */
const AHEAD = 0.22;

export class Diagram extends HTMLElement {
  frame = new Frame();
  /** @type {Model | null} */
  model = null;
  follow = true;
  window_s = 600;
  /** @type {import('./paint.js').Layers} */
  layers = { bands: true, arrivals: true, predicted: true, changes: true };
  /** @type {{x: number, y: number} | null} */
  cross = null;
  dirty = true;
  /** When it was painted last, ms of `performance.now()`. */
  painted = 0;
  /** How long the last paintings of the lower canvas took, ms. @type {number[]} */
  took = [];
  /** @type {(() => void)[]} */
  ends = [];
  busy = false;
  frames = 0;

  connectedCallback() {
    this.className = 'diagram';
    this.under = document.createElement('canvas');
    this.over = document.createElement('canvas');
    this.over.tabIndex = 0;
    this.over.setAttribute('role', 'application');
    this.readout = document.createElement('div');
    this.readout.className = 'readout';
    this.readout.setAttribute('role', 'status');
    this.readout.hidden = true;
    this.append(this.under, this.over, this.readout);
    this.watcher = new ResizeObserver(() => this.size());
    this.watcher.observe(this);
    const beat = setInterval(() => void this.load(), BEAT_MS);
    this.ends.push(() => clearInterval(beat), listen('network', () => void this.load()));
    this.ends.push(listen('city', () => { if (this.model?.last === -Infinity) void this.load(); }));
    this.ends.push(listen('standing', (what) => { if (what === 'escorts') this.dynamic = true; }));
    for (const topic of ['language', 'layout']) this.ends.push(listen(topic, () => { this.looks(); this.size(); }));
    this.ends.push(listen('stale', () => { this.dirty = true; }));
    this.listen();
    this.looks();
    this.size();
    const turn = () => {
      this.frames = requestAnimationFrame(turn);
      this.turn();
    };
    this.frames = requestAnimationFrame(turn);
  }

  disconnectedCallback() {
    cancelAnimationFrame(this.frames);
    this.watcher?.disconnect();
    for (const end of this.ends.splice(0)) end();
    this.replaceChildren();
  }

  /** Which corridor is shown. @param {import('../shapes.js').Corridor} corridor */
  set corridor(corridor) {
    if (this.model?.id === corridor.id) return;
    this.model = new Model(corridor);
    const places = corridor.members.map((one) => one.at_m);
    const pad = (Math.max(...places) - Math.min(...places) || 100) * 0.045;
    this.frame.low = Math.min(...places) - pad;
    this.frame.high = Math.max(...places) + pad;
    this.dirty = true;
    void this.load();
  }

  /** @param {import('../shapes.js').Diagram} piece */
  take(piece) {
    const before = this.model?.changes.at(-1)?.at;
    this.model?.merge(piece);
    this.dirty = true;
    if (this.model?.changes.at(-1)?.at !== before) this.dispatchEvent(new CustomEvent('moved'));
  }

  /** Asks for what came since the last time and is to come; and for the past as far as the window shows it. */
  async load() {
    const [model, present] = [this.model, now()];
    if (!model || present <= 0 || this.busy || state.stale) return;
    this.busy = true;
    try {
      const from = Number.isFinite(model.last) && present - model.last < PIECE_S ? model.last - AGAIN_S : present - Math.max(PIECE_S, this.window_s);
      await this.fetch(model, from, present + AHEAD_S);
      const oldest = Math.max(this.frame.from, present - KEPT_S);
      if (oldest < model.since - 1) await this.fetch(model, Math.min(oldest, model.since - PIECE_S), model.since);
    } catch {
      // the stale banner tells of a server that does not answer; asked again with the next beat
    }
    this.busy = false;
  }

  /** @param {Model} model @param {number} from @param {number} until */
  async fetch(model, from, until) {
    this.take(await get(`corridors/${encodeURIComponent(model.id)}/diagram?from=${from.toFixed(1)}&until=${until.toFixed(1)}`));
  }

  looks() {
    this.over?.setAttribute('aria-label', t('diagram.label'));
    const css = getComputedStyle(this);
    const of = (/** @type {string} */ key) => css.getPropertyValue(`--${key}`).trim();
    const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
    /** @type {import('./paint.js').Look} */
    this.look = { paper: of('paper'), ink: of('ink'), faint: of('faint'), line: of('line'), green: of('lamp-green'), yellow: of('lamp-yellow'), red: of('lamp-red'),
      outbound: of('outbound'), inbound: of('inbound'), now: of('now'), font: css.fontFamily, bar: Math.round(rem * 0.3), text: Math.round(rem * 0.78) };
  }

  size() {
    const [under, over, look] = [this.under, this.over, this.look];
    if (!under || !over || !look) return;
    const [width, height, scale] = [this.clientWidth, this.clientHeight, window.devicePixelRatio || 1];
    for (const canvas of [under, over]) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
    }
    this.paper = under.getContext('2d', { alpha: false }) ?? undefined;
    this.glass = over.getContext('2d') ?? undefined;
    this.paper?.setTransform(scale, 0, 0, scale, 0, 0);
    this.glass?.setTransform(scale, 0, 0, scale, 0, 0);
    const across = this.frame.across === 'time';
    // whole pixels: a clip between pixels makes every line cost twice
    this.frame.left = Math.round(across ? look.text * 15.5 : look.text * 5);
    this.frame.top = Math.round(look.text * 1.8);
    this.frame.width = Math.max(50, Math.round(width - this.frame.left - (across ? 8 : look.text * 4)));
    this.frame.height = Math.max(50, Math.round(height - this.frame.top - look.text * (across ? 1.9 : 6.8)));
    this.dirty = true;
  }

  /** One turn of the screen. */
  turn() {
    if (!this.paper || !this.model || !this.look) return;
    const present = now();
    if (this.follow && present > 0) {
      const until = present + this.window_s * AHEAD;
      // a shift of less than a pixel is not worth a painting
      if (Math.abs(until - this.frame.until) * this.frame.pace >= 1 || this.frame.until - this.frame.from !== this.window_s) {
        this.frame.until = until;
        this.frame.from = until - this.window_s;
        this.dirty = true;
      }
    }
    if (this.dirty) {
      this.dirty = false;
      this.redraw();
      if (!this.follow && this.model.since > this.frame.from) void this.load();
      this.dynamic = true;
    }
    if (this.dynamic || Math.abs(present - (this.drawn ?? 0)) * this.frame.pace > 0.5) {
      this.dynamic = false;
      this.drawn = present;
      this.overlay(present);
    }
  }

  /** The lower canvas. */
  redraw() {
    if (!this.paper || !this.model || !this.look) return;
    const began = performance.now();
    paint(this.paper, this.frame, this.model, this.look, this.layers, now());
    names(this.paper, this.frame, this.look, this.model.rows.map((row) => ({ id: row.id, at: row.at, name: name(intersection(row.id)?.name) })));
    this.painted = performance.now();
    this.took.push(this.painted - began);
    if (this.took.length > 2000) this.took.shift();
  }

  /** The upper canvas. @param {number} present */
  overlay(present) {
    const [c, frame, look] = [this.glass, this.frame, this.look];
    if (!c || !look || !this.over) return;
    c.clearRect(0, 0, this.clientWidth, this.clientHeight);
    if (present >= frame.from && present <= frame.until) {
      c.strokeStyle = state.stale ? look.faint : look.now;
      c.fillStyle = c.strokeStyle;
      c.lineWidth = 2;
      c.setLineDash(state.stale ? [3, 4] : []);
      c.beginPath();
      const [x, y] = [frame.x(present, frame.low), frame.y(present, frame.low)];
      c.moveTo(frame.across === 'time' ? x : frame.left, frame.across === 'time' ? frame.top : y);
      c.lineTo(frame.across === 'time' ? x : frame.left + frame.width, frame.across === 'time' ? frame.top + frame.height : y);
      c.stroke();
      c.setLineDash([]);
      c.font = `600 ${look.text}px ${look.font}`;
      c.textBaseline = 'bottom';
      c.textAlign = frame.across === 'time' ? 'left' : 'right';
      c.fillText(clock(present), frame.across === 'time' ? x + 5 : frame.left + frame.width, frame.across === 'time' ? frame.top + frame.height - 3 : y - 3);
    }
    this.escorts(c);
    if (this.cross && frame.holds(this.cross.x, this.cross.y)) {
      c.strokeStyle = look.ink;
      c.globalAlpha = 0.5;
      c.lineWidth = 1;
      c.beginPath();
      c.moveTo(this.cross.x, frame.top);
      c.lineTo(this.cross.x, frame.top + frame.height);
      c.moveTo(frame.left, this.cross.y);
      c.lineTo(frame.left + frame.width, this.cross.y);
      c.stroke();
      c.globalAlpha = 1;
    }
  }

  /** The way of every escorted vehicle: where it passed, and where it is foretold. @param {CanvasRenderingContext2D} c */
  escorts(c) {
    const { frame, look, model } = this;
    if (!look || !model) return;
    for (const one of state.escorts) {
      if (one.state !== 'running' && one.state !== 'waiting') continue;
      const points = (one.rows ?? []).flatMap((row) => {
        const [at, m] = [row.passed ?? row.predicted, model.byId.get(row.intersection)?.at];
        return at === undefined || at === null || m === undefined ? [] : [[frame.x(at, m), frame.y(at, m)]];
      });
      if (points.length === 0) continue;
      c.save();
      c.beginPath();
      c.rect(frame.left, frame.top, frame.width, frame.height);
      c.clip();
      c.strokeStyle = look.now;
      c.lineWidth = 2.5;
      c.lineJoin = 'round';
      c.setLineDash([9, 4]);
      c.beginPath();
      points.forEach(([x, y], k) => (k === 0 ? c.moveTo(x, y) : c.lineTo(x, y)));
      c.stroke();
      c.setLineDash([]);
      c.fillStyle = look.now;
      c.font = `700 ${look.text}px ${look.font}`;
      c.textAlign = 'left';
      c.textBaseline = 'bottom';
      c.fillText(`✚ ${one.vehicle ?? ''}`, points[0][0] + 6, points[0][1] - 6);
      c.restore();
    }
  }

  /** What lies under the cross, in words. */
  read() {
    if (!this.readout) return;
    const [cross, model, frame] = [this.cross, this.model, this.frame];
    if (!cross || !model || !frame.holds(cross.x, cross.y)) {
      this.readout.hidden = true;
      return;
    }
    const [at, m] = [frame.moment(cross.x, cross.y), frame.metres(cross.x, cross.y)];
    const row = model.rows.reduce((best, one) => (Math.abs(one.at - m) < Math.abs(best.at - m) ? one : best));
    const lines = WAYS.map((way) => {
      const green = row.greens[way].find(([from, until]) => from <= at && at <= until) ?? row.programmed[way].find(([from, until]) => from <= at && at <= until);
      if (green) return `${word('way', way)}: ${t('diagram.green', { from: clock(green[0]), until: clock(green[1]), n: num(green[1] - green[0], 0) })}`;
      const next = [...row.greens[way], ...row.programmed[way]].find(([from]) => from > at);
      return `${word('way', way)}: ${t('diagram.red')}${next ? ` ${t('diagram.until', { at: clock(next[0]) })}` : ''}`;
    });
    for (const way of WAYS) {
      const one = visible(model.bands[way], frame).find((band) => inside(band, at, m));
      if (one) lines.push(t('diagram.inband', { way: word('way', way), n: num(one.width_s, 0) }));
    }
    this.readout.hidden = false;
    patch(this.readout, [h('b', null, `${clock(at)} · ${num(m, 0, 'm')}`), h('span', null, `${row.id} ${name(intersection(row.id)?.name)}`), lines.map((line) => h('span', null, line)),
      at > now() ? h('span', null, t('diagram.ahead', { n: span(at - now()) })) : null]);
    const right = cross.x > this.clientWidth * 0.62;
    this.readout.style.setProperty('left', right ? 'auto' : `${cross.x + 14}px`);
    this.readout.style.setProperty('right', right ? `${this.clientWidth - cross.x + 14}px` : 'auto');
    this.readout.style.setProperty('top', `${Math.max(4, Math.min(cross.y + 12, this.clientHeight - 120))}px`);
  }

  /** Moves the window along time. @param {number} seconds */
  pan(seconds) {
    this.follow = false;
    this.frame.from += seconds;
    this.frame.until += seconds;
    this.moved();
  }

  /** @param {number} factor below 1 shows less time @param {number} [around] */
  zoom(factor, around) {
    const wide = Math.min(WIDEST_S, Math.max(NARROWEST_S, this.window_s * factor));
    const pin = around ?? (this.follow ? now() : (this.frame.from + this.frame.until) / 2);
    const share = (pin - this.frame.from) / this.window_s;
    this.window_s = wide;
    if (!this.follow) {
      this.frame.from = pin - share * wide;
      this.frame.until = this.frame.from + wide;
    }
    this.moved();
  }

  /** Back to the present. */
  live() {
    this.follow = true;
    this.moved();
  }

  swap() {
    this.frame.across = this.frame.across === 'time' ? 'distance' : 'time';
    this.cross = null;
    this.read();
    this.size();
    this.moved();
  }

  moved() {
    this.dirty = true;
    this.dispatchEvent(new CustomEvent('moved'));
  }

  listen() {
    const over = /** @type {HTMLCanvasElement} */ (this.over);
    /** @type {{x: number, y: number} | null} */
    let held = null;
    const spot = (/** @type {MouseEvent} */ event) => ({ x: event.offsetX, y: event.offsetY });
    over.addEventListener('pointerdown', (event) => { held = spot(event); over.setPointerCapture(event.pointerId); });
    over.addEventListener('pointerup', () => { held = null; });
    over.addEventListener('pointermove', (event) => {
      const at = spot(event);
      if (held) {
        this.pan(this.frame.moment(held.x, held.y) - this.frame.moment(at.x, at.y));
        held = at;
      }
      this.cross = at;
      this.dynamic = true;
      this.read();
    });
    over.addEventListener('pointerleave', () => { this.cross = null; this.dynamic = true; this.read(); });
    over.addEventListener('wheel', (event) => {
      event.preventDefault();
      if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) this.pan((event.deltaX || event.deltaY) / this.frame.pace);
      else this.zoom(event.deltaY > 0 ? 1.2 : 1 / 1.2, this.follow ? undefined : this.frame.moment(event.offsetX, event.offsetY));
    }, { passive: false });
    over.addEventListener('keydown', (event) => this.key(event));
  }

  /** Arrows move the window, with shift the cross; plus and minus zoom; End is the present. @param {KeyboardEvent} event */
  key(event) {
    const arrows = /** @type {Record<string, number[]>} */ ({ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] });
    const arrow = arrows[event.key];
    if (arrow && event.shiftKey) {
      const { left, top, width, height } = this.frame;
      const at = this.cross ?? { x: left + width / 2, y: top + height / 2 };
      this.cross = { x: Math.min(left + width, Math.max(left, at.x + 12 * arrow[0])), y: Math.min(top + height, Math.max(top, at.y + 12 * arrow[1])) };
      this.dynamic = true;
      this.read();
    } else if (arrow) {
      this.pan((this.frame.across === 'time' ? arrow[0] : -arrow[1]) * this.window_s * 0.1);
    } else if (event.key === '+' || event.key === '=') this.zoom(1 / 1.5);
    else if (event.key === '-') this.zoom(1.5);
    else if (event.key === 'End') this.live();
    else if (event.key === 'x') this.swap();
    else return;
    event.preventDefault();
  }
}

/** @param {import('./model.js').Passage} band @param {number} at @param {number} m */
function inside(band, at, m) {
  for (let k = 0; k + 1 < band.points.length; k += 1) {
    const [[t0, m0], [t1, m1]] = [band.points[k], band.points[k + 1]];
    if ((m - m0) * (m - m1) > 0 || m0 === m1) continue;
    const head = t0 + ((m - m0) / (m1 - m0)) * (t1 - t0);
    if (at >= head && at <= head + band.width_s) return true;
  }
  return false;
}

customElements.define('gw-diagram', Diagram);
