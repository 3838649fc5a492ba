// @ts-check
// The live picture: server-sent events, heard again when they break off, and the honest answer to "how old is what I see".
import { get, list } from './api.js';
import { listen, state, tell } from './state.js';

/** After this many ms without a picture it is called stale. */
const STALE_MS = 3000;
/** Between tries to hear the server again. */
const RETRY_MS = 1500;
/** What stands is asked for again at least this often, ms. */
const ASK_MS = 10000;
const FOLLOW_MS = 2000;
const TOPICS = ['alarm', 'decision', 'intervention', 'plans'];

/** @type {EventSource | null} */
let source = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let retry;

/** Takes a picture of the city. @param {import('./shapes.js').City} city */
export function take(city) {
  // an older picture than ours (an answer overtaken by an event) is not news
  if (state.city && city.at < state.city.at && state.city.at - city.at < 60 && !state.stale) return;
  state.city = city;
  state.received = performance.now();
  tell('city', city);
  judge();
}

function judge() {
  const stale = state.session !== null && performance.now() - state.received > STALE_MS;
  if (stale !== state.stale) {
    state.stale = stale;
    tell('stale', stale);
  }
}
setInterval(judge, 250);

export function connect() {
  close();
  source = new EventSource('/api/v1/events');
  source.addEventListener('city', (event) => take(JSON.parse(event.data)));
  for (const topic of TOPICS) source.addEventListener(topic, (event) => tell(topic, parsed(event.data)));
  void standing();
  source.addEventListener('error', () => {
    // the browser tries again by itself unless the answer was a refusal; both ways we end up here
    if (source?.readyState !== EventSource.CLOSED) return;
    close();
    retry = setTimeout(again, RETRY_MS);
  });
}

async function again() {
  try {
    const answer = await fetch('/api/v1/session');
    if (answer.status === 401) {
      state.session = null;
      tell('session');
      return;
    }
    connect();
  } catch {
    retry = setTimeout(again, RETRY_MS);
  }
}

export function close() {
  clearTimeout(retry);
  source?.close();
  source = null;
}

/** Decisions are lines of the journal: not all of them need be JSON. @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Asks for alarms, interventions and escorts. A part that fails stays as it was: staleness is told of the picture. */
export async function standing() {
  if (!state.session) return;
  const ask = async (/** @type {'alarms' | 'interventions' | 'escorts'} */ what, /** @type {string} */ path) => {
    try {
      state[what] = list(await get(path));
    } catch {
      return;
    }
    tell('standing', what);
  };
  await Promise.all([ask('alarms', 'alarms?state=open'), ask('interventions', 'interventions'), ask('escorts', 'escorts')]);
}
setInterval(() => { if (!state.stale) void standing(); }, ASK_MS);
// an escort under way is followed closely
setInterval(async () => {
  if (state.stale || !state.escorts.some((one) => one.state === 'running')) return;
  try {
    state.escorts = list(await get('escorts'));
    tell('standing', 'escorts');
  } catch {
    // the next beat asks again
  }
}, FOLLOW_MS);
for (const topic of ['alarm', 'intervention']) listen(topic, () => void standing());
