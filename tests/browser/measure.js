// @ts-check
// How long a reader waits, and how smoothly the diagram moves.

/** @param {number[]} values @param {number} share */
const quantile = (values, share) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];

/** From the navigation's start until the diagram has painted what the server told. @param {import('playwright-core').Page} page @param {string} url @param {number} times */
export async function load(page, url, times) {
  const all = [];
  for (let k = 0; k < times; k += 1) {
    await page.goto('about:blank');
    await page.goto(url, { waitUntil: 'commit' });
    const live = await page.waitForFunction(() => {
      const diagram = /** @type {any} */ (document.querySelector('gw-diagram'));
      return diagram?.model && diagram.model.last > 0 && diagram.painted > 0 && !diagram.dirty ? diagram.painted : false;
    }, undefined, { polling: 'raf' });
    // ms after the navigation's start, by the page's own clock
    all.push(Number(await live.jsonValue()));
  }
  return { all, median: quantile(all, 0.5), worst: Math.max(...all) };
}

/** Fills the diagram with synthetic greens until it has `count` segments, all within the window, and moves the window a pixel or more each frame.
 * @param {import('playwright-core').Page} page @param {string} road @param {number} count @param {number} frames */
export async function frames(page, road, count, frames) {
  await page.evaluate((id) => { location.hash = `#/corridor/${id}`; }, road);
  await page.waitForFunction(() => /** @type {any} */ (document.querySelector('gw-diagram'))?.model?.last > 0);
  return page.evaluate(async ([wanted, turns]) => {
    const diagram = /** @type {any} */ (document.querySelector('gw-diagram'));
    const model = diagram.model;
    const end = model.last;
    // greens of 7 s every 15 s: both ways of every row
    const each = Math.ceil(wanted / (2 * model.rows.length));
    const from = end - each * 15;
    diagram.busy = true; // no question to the server meanwhile
    model.since = model.seen = from;
    for (const row of model.rows) for (const way of ['outbound', 'inbound']) row.greens[way] = Array.from({ length: each }, (_, k) => [from + k * 15 + row.at % 15, from + k * 15 + 7 + row.at % 15]);
    const segments = model.size;
    diagram.follow = false;
    diagram.window_s = each * 15;
    diagram.frame.from = from;
    diagram.frame.until = end;
    diagram.took = [];
    /** @type {number[]} */
    const intervals = [];
    let last = 0;
    for (let k = 0; k < turns; k += 1) {
      diagram.pan((k % 40 < 20 ? 1 : -1) * 2 / diagram.frame.pace);
      const at = await new Promise((done) => requestAnimationFrame(done));
      if (last > 0) intervals.push(at - last);
      last = at;
    }
    const took = diagram.took.slice();
    // recording is not painting: reading a pixel back waits for the picture
    /** @type {number[]} */
    const whole = [];
    for (let k = 0; k < 40; k += 1) {
      const began = performance.now();
      diagram.frame.from += 2 / diagram.frame.pace;
      diagram.frame.until += 2 / diagram.frame.pace;
      diagram.redraw();
      diagram.paper.getImageData(0, 0, 1, 1);
      whole.push(performance.now() - began);
    }
    diagram.busy = false;
    const of = (/** @type {number[]} */ values, /** @type {number} */ share) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];
    location.hash = '#/';
    return { segments, visible: Math.round(each * 15), frames: intervals.length, interval: of(intervals, 0.5), interval95: of(intervals, 0.95), paint: of(took, 0.5), whole: of(whole, 0.5), whole95: of(whole, 0.95) };
  }, [count, frames]);
}
