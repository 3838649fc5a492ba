// @ts-check
// Where moments and places lie on a time-space picture, whichever axis they have.

/** @typedef {'time' | 'distance'} Across what lies across the picture, from left to right */

export class Frame {
  /** @type {Across} */
  across = 'time';
  /** Seconds shown. */
  from = 0;
  until = 600;
  /** Metres shown. */
  low = 0;
  high = 1000;
  /** The plot within the picture, px. */
  left = 0;
  top = 0;
  width = 100;
  height = 100;

  /** @param {number} t @param {number} m */
  x(t, m) {
    return this.across === 'time'
      ? this.left + ((t - this.from) / (this.until - this.from)) * this.width
      : this.left + ((m - this.low) / (this.high - this.low)) * this.width;
  }

  /** @param {number} t @param {number} m */
  y(t, m) {
    const share = this.across === 'time' ? (m - this.low) / (this.high - this.low) : (t - this.from) / (this.until - this.from);
    return this.top + (1 - share) * this.height;
  }

  /** The moment under a point. @param {number} x @param {number} y */
  moment(x, y) {
    const share = this.across === 'time' ? (x - this.left) / this.width : 1 - (y - this.top) / this.height;
    return this.from + share * (this.until - this.from);
  }

  /** The place under a point. @param {number} x @param {number} y */
  metres(x, y) {
    const share = this.across === 'time' ? 1 - (y - this.top) / this.height : (x - this.left) / this.width;
    return this.low + share * (this.high - this.low);
  }

  /** Pixels of the time axis. */
  get long() { return this.across === 'time' ? this.width : this.height; }
  /** Pixels a second. */
  get pace() { return this.long / (this.until - this.from); }

  /** @param {number} x @param {number} y */
  holds(x, y) {
    return x >= this.left && x <= this.left + this.width && y >= this.top && y <= this.top + this.height;
  }
}

/** A step of the time axis, s, that leaves labels room. @param {Frame} frame @param {number} room px of a label */
export function step(frame, room) {
  const steps = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];
  return steps.find((one) => one * frame.pace >= room) ?? 14400;
}
