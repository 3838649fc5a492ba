// @ts-check
// The city at one look: a strip for each corridor, always at its place; what is wrong is told by shape, not by moving things about.
import '../diagram/element.js';
import { num, percent } from '../format.js';
import { alarms, badge, mark, speed } from '../parts.js';
import { counts, liveCorridor, state } from '../state.js';
import { strip, warningText } from '../street.js';
import { name, t } from '../text.js';
import { h } from '../tree.js';
import { View } from '../view.js';

/** With so few corridors there is room for their diagrams, too. */
const ROOMY = 1;
/** With more than these, names stand only where something is wrong: all strips must fit one screen. */
const CROWDED = 4;

class Overview extends View {
  topics = ['city', 'standing', 'language', 'network'];

  render() {
    const { city, network } = state;
    if (!city || !network) return h('p', { class: 'quiet' }, t('loading'));
    return [h('h1', { class: 'unseen', tabindex: '-1' }, t('nav.overview')), this.summary(city), h('div', { class: network.corridors.length > CROWDED ? 'city dense' : 'city' }, network.corridors.map((one) => this.corridor(one))), network.corridors.length <= ROOMY ? network.corridors.map((one) => h('section', { key: `d-${one.id}`, class: 'card picture', 'aria-label': `${t('diagram')} ${name(one.name)}` }, h('gw-diagram', { '.corridor': one }))) : null];
  }

  /** @param {import('../shapes.js').City} city */
  summary(city) {
    const lost = city.intersections.filter((one) => one.link === 'lost').length;
    const away = city.intersections.filter((one) => one.link !== 'lost' && one.mode !== 'centre' && one.mode !== 'preempt').length;
    const step = city.corridors.filter((one) => one.in_step).length;
    const tile = (/** @type {string} */ label, /** @type {any} */ value, /** @type {string | null} */ severity) => h('div', { class: 'tile' }, h('dt', null, label), h('dd', null, severity ? mark(severity) : null, value));
    return h('dl', { class: 'tiles' },
      tile(t('overview.instep'), `${step} / ${city.corridors.length}`, null),
      tile(t('overview.coordinated'), `${city.intersections.length - lost - away} / ${city.intersections.length}`, null),
      tile(t('overview.lost'), String(lost), lost > 0 ? 'high' : null),
      tile(t('overview.away'), String(away), away > 0 ? 'medium' : null),
      tile(t('overview.alarms'), alarms(counts()), null));
  }

  /** @param {import('../shapes.js').Corridor} corridor */
  corridor(corridor) {
    const live = liveCorridor(corridor.id);
    const { free_flow_km_h, baseline_km_h } = live?.outbound ?? {};
    return h('article', { key: corridor.id, class: 'corridor', 'aria-label': name(corridor.name) },
      h('header', null,
        h('h2', null, h('a', { href: `#/corridor/${encodeURIComponent(corridor.id)}` }, name(corridor.name))),
        live ? badge(live.in_step ? 'instep' : 'transition', t(live.in_step ? 'instep' : 'transition')) : null,
        h('span', { class: 'fact' }, t('cycle'), ' ', h('b', null, num(live?.cycle_s, 0, 's'))),
        h('span', { class: 'fact' }, t('bands'), ' ', h('b', { class: 'outbound' }, `→${num(live?.outbound.band?.width_s, 0, 's')}`), ' ', h('b', { class: 'inbound' }, `←${num(live?.inbound.band?.width_s, 0, 's')}`)),
        h('span', { class: 'fact aog' }, t('aog'), ' ', h('b', { class: 'outbound' }, `→${percent(live?.outbound.arrivals_on_green)}`), ' ', h('b', { class: 'inbound' }, `←${percent(live?.inbound.arrivals_on_green)}`)),
        h('span', { class: 'space' }), alarms(counts(corridor.id))),
      h('div', { class: 'body' },
        h('div', { class: 'speeds' }, speed(live?.outbound, 'outbound'), speed(live?.inbound, 'inbound'),
          h('p', { class: 'quiet key' }, baseline_km_h === undefined ? t('speed.keyfree', { free: num(free_flow_km_h, 0) }) : t('speed.key', { free: num(free_flow_km_h, 0), base: num(baseline_km_h, 0) }))),
        strip(corridor.id)),
      warningText(live?.warning));
  }
}
customElements.define('gw-overview', Overview);
