// @ts-check
// One corridor: the live time-space diagram, and below it a row for each of its intersections.
import '../diagram/element.js';
import { clock, num, percent, signed } from '../format.js';
import { alarms, badge, mark, mode, nothing, place, speed, table, tdn, th, title } from '../parts.js';
import { corridor, counts, intersection, liveCorridor, liveIntersection, marked, now, state } from '../state.js';
import { lamp, trouble, warningText } from '../street.js';
import { name, t, word } from '../text.js';
import { h } from '../tree.js';
import { View } from '../view.js';

class Corridor extends View {
  /** @returns {import('../diagram/element.js').Diagram | null} */
  get diagram() { return this.querySelector('gw-diagram'); }

  start() {
    // countdowns run on between two pictures
    this.every(500, () => { if (!state.stale) this.paint(); });
  }

  render() {
    const one = corridor(this.subject);
    if (!one) return nothing('corridor.unknown');
    const live = liveCorridor(one.id);
    return [
      title(name(one.name),
        live ? badge(live.in_step ? 'instep' : 'transition', t(live.in_step ? 'instep' : 'transition')) : null,
        h('span', { class: 'fact' }, t('cycle'), ' ', h('b', null, num(live?.cycle_s, 0, 's'))),
        this.band('outbound', live), this.band('inbound', live),
        h('span', { class: 'fact wide-only' }, speed(live?.outbound, 'outbound')),
        h('span', { class: 'fact wide-only' }, speed(live?.inbound, 'inbound')),
        alarms(counts(one.id))),
      warningText(live?.warning),
      h('section', { class: 'card picture', 'aria-label': t('diagram') }, this.tools(), h('gw-diagram', { '.corridor': one, onmoved: () => this.paint() }), this.changes()),
      h('section', { class: 'card' }, this.rows(one)),
    ];
  }

  /** @param {'outbound' | 'inbound'} way @param {import('../shapes.js').LiveCorridor | undefined} live */
  band(way, live) {
    const one = live?.[way];
    return h('span', { class: 'fact' }, word('way', way), ' ',
      h('b', { class: way }, one?.band ? `${num(one.band.width_s, 0, 's')} · ${percent(one.band.share)}` : t('band.none')),
      h('small', null, ` · ${t('aog')} `), h('b', null, percent(one?.arrivals_on_green)), h('small', null, ` · ${t('delay')} `), h('b', null, num(one?.delay_s, 0, 's')));
  }

  /** The latest changes of plans in words: a canvas tells nobody who cannot see it. */
  changes() {
    const latest = this.diagram?.model?.changes.slice(-3).reverse() ?? [];
    return h('p', { class: 'quiet changes-said', role: 'status' }, latest.length === 0 ? t('changes.noneyet') : latest.map((one, k) => h('span', { key: one.at, class: 'fact' }, `◈ ${clock(one.at)} ${name(one.text)}${one.until === undefined ? (k === 0 ? ` · ${t('transition')}` : '') : ` · ${t('changes.instep', { at: clock(one.until) })}`}   `)));
  }

  tools() {
    const diagram = this.diagram;
    const act = (/** @type {(d: import('../diagram/element.js').Diagram) => void} */ what) => () => { const d = this.diagram; if (d) { what(d); this.paint(); } };
    const layer = (/** @type {'bands' | 'arrivals' | 'predicted' | 'changes'} */ one) => h('button', { class: 'slim toggle', 'aria-pressed': diagram?.layers[one] === false ? 'false' : 'true', onclick: act((d) => { d.layers[one] = !d.layers[one]; d.dirty = true; }) }, t(`layer.${one}`));
    return h('div', { class: 'tools', role: 'toolbar', 'aria-label': t('diagram.tools') },
      h('button', { class: 'slim toggle', id: 'live', 'aria-pressed': diagram?.follow === false ? 'false' : 'true', onclick: act((d) => d.live()) }, t('diagram.live')),
      h('button', { class: 'slim', 'aria-label': t('diagram.back'), onclick: act((d) => d.pan(-d.window_s / 2)) }, '◀'),
      h('button', { class: 'slim', 'aria-label': t('diagram.on'), onclick: act((d) => d.pan(d.window_s / 2)) }, '▶'),
      h('button', { class: 'slim', 'aria-label': t('diagram.in'), onclick: act((d) => d.zoom(1 / 1.5)) }, '＋'),
      h('button', { class: 'slim', 'aria-label': t('diagram.out'), onclick: act((d) => d.zoom(1.5)) }, '－'),
      h('button', { class: 'slim', id: 'swap', onclick: act((d) => d.swap()) }, t('diagram.swap')),
      h('span', { class: 'space' }), layer('bands'), layer('arrivals'), layer('predicted'), layer('changes'),
      h('span', { class: 'legend', 'aria-hidden': 'true' }, h('i', { class: 'swatch outbound' }), t('legend.outbound'), h('i', { class: 'swatch inbound' }), t('legend.inbound')));
  }

  /** @param {import('../shapes.js').Corridor} one */
  rows(one) {
    return table([t('row.intersection'), t('row.mode'), t('row.lamps'), t('row.stage'), th(t('row.next')), th(t('row.offset')), th(t('row.error')), th(t('row.clock')), th(t('row.answer')), t('row.detectors'), ''],
      one.members.map((member) => {
        const live = liveIntersection(member.intersection);
        const stage = intersection(member.intersection)?.stages.find((s) => s.stage === live?.stage);
        const wrong = trouble(member.intersection);
        const gone = live?.link === 'lost';
        const who = marked(member.intersection);
        const left = gone || live?.next_stage_in_s === undefined ? undefined : Math.max(0, live.next_stage_in_s - (now() - (state.city?.at ?? 0)));
        return h('tr', { key: member.intersection, class: gone ? 'gone' : '' },
          h('th', { scope: 'row' }, place(member.intersection)),
          h('td', null, mode(live), who ? [' ', badge(`mark-${who}`, word('mark', who))] : null),
          h('td', { class: 'lampcell' }, h('i', { class: `lamp ${lamp(member, 'outbound')}`, title: word('way', 'outbound') }), h('i', { class: `lamp ${lamp(member, 'inbound')}`, title: word('way', 'inbound') })),
          h('td', null, stage && !gone ? h('span', null, h('b', null, `${stage.stage} `), name(stage.name)) : '—'),
          tdn(left === undefined ? '—' : h('b', null, num(left, 0, 's'))),
          tdn(num(live?.offset_s, 0, 's')),
          h('td', { class: `number ${Math.abs(live?.offset_error_s ?? 0) > 2 ? 'notable' : ''}` }, signed(live?.offset_error_s, 1, 's'), live?.on_target === false ? h('small', { title: t('transition') }, ' ⇄') : null),
          tdn(signed(live?.clock_error_s, 1, 's')), tdn(gone ? '—' : num(live?.answer_ms, 0, 'ms')),
          h('td', null, this.health(live?.detectors)),
          h('td', null, wrong && wrong.severity !== 'low' ? [mark(wrong.severity), ' ', h('small', null, wrong.why)] : null));
      }), { class: 'rows' });
  }

  /** @param {{good: number, doubtful: number, failed: number} | undefined} detectors */
  health(detectors) {
    if (!detectors) return '—';
    const { good, doubtful, failed } = detectors;
    return h('span', { 'aria-label': t('detectors.words', { good, doubtful, failed }) }, `${good}/${good + doubtful + failed}`,
      doubtful ? h('small', null, ` ${t('detectors.doubtful', { n: doubtful })}`) : null, failed ? h('small', { class: 'notable' }, ` ${t('detectors.failed', { n: failed })}`) : null);
  }
}
customElements.define('gw-corridor', Corridor);
