// @ts-check
// What all views share: a custom element that shows what `render` says, again whenever something it listens to changes.
import { listen, tell } from './state.js';
import { patch } from './tree.js';

export class View extends HTMLElement {
  /** Topics after which the view is drawn again. @type {string[]} */
  topics = ['city', 'language', 'session', 'network'];
  /** @type {(() => void)[]} */
  ends = [];
  waiting = false;
  /** The part of the address after the view's name. @type {string} */
  subject = '';

  connectedCallback() {
    for (const topic of this.topics) this.ends.push(listen(topic, () => this.paint()));
    this.start();
    this.paint();
  }

  disconnectedCallback() {
    for (const end of this.ends.splice(0)) end();
    this.stop();
  }

  /** Once, when the view comes. */
  start() {}
  /** Once, when it goes. */
  stop() {}
  /** @returns {any} */
  render() { return []; }

  /** Draws soon; several wishes in one turn are one drawing. */
  paint() {
    if (this.waiting) return;
    this.waiting = true;
    queueMicrotask(() => {
      this.waiting = false;
      if (this.isConnected) patch(this, this.render());
    });
  }

  /** Hears a topic as long as the view is there. @param {string} topic @param {(detail: any) => void} hear */
  hear(topic, hear) {
    this.ends.push(listen(topic, hear));
  }

  /** Calls again and again as long as the view is there. @param {number} ms @param {() => void} act */
  every(ms, act) {
    const timer = setInterval(act, ms);
    this.ends.push(() => clearInterval(timer));
  }

  /** Waits for something and says what went wrong. @template T @param {Promise<T>} promise @returns {Promise<T | undefined>} */
  async attempt(promise) {
    try {
      return await promise;
    } catch (error) {
      complain(error);
      return undefined;
    } finally {
      this.paint();
    }
  }
}

/** Says something where a screen reader hears it. @param {string} text @param {'done' | 'failed'} [how] @param {any[]} [more] */
export function announce(text, how = 'done', more = []) {
  tell('notice', { text, how, more });
}

/** What was complained of last, and when: a view that asks each second says once that nobody answers. */
let [last, at] = ['', -Infinity];
const AGAIN_MS = 15000;

/** @param {any} error */
export function complain(error) {
  const said = String(error?.message ?? error);
  if (said === last && performance.now() - at < AGAIN_MS) return;
  [last, at] = [said, performance.now()];
  const more = [...(error?.detail ? [error.detail] : [])];
  for (const one of error?.problems ?? []) more.push([one.place, one.rule, one.mend].filter(Boolean).join(' · '));
  announce(error?.message ?? String(error), 'failed', more);
}
