// @ts-check
// The one door to the server. An answer that says no becomes a `Refusal` with the server's own words.
import { state, tell } from './state.js';
import { t } from './text.js';

const BASE = '/api/v1/';

/** @typedef {import('./shapes.js').Problem} Problem */

export class Refusal extends Error {
  /** @param {number} status @param {any} body */
  constructor(status, body) {
    const code = typeof body?.code === 'string' ? body.code : '';
    const own = t(`code.${code}`);
    super(own !== `code.${code}` ? own : body?.detail || body?.title || t('error.status', { status }));
    this.status = status;
    this.code = code;
    /** What the server adds in English. @type {string} */
    this.detail = body?.detail && body.detail !== this.message ? body.detail : '';
    /** @type {Problem[]} */
    this.problems = Array.isArray(body?.problems) ? body.problems : [];
  }
}

/**
 * @param {string} method @param {string} path below /api/v1/ @param {any} [body]
 * @returns {Promise<any>}
 */
export async function call(method, path, body) {
  /** @type {Record<string, string>} */
  const headers = { Accept: 'application/json' };
  if (method !== 'GET') {
    headers['X-Greenwave'] = '1';
    headers['Content-Type'] = 'application/json';
  }
  const options = { method, headers, body: method === 'GET' ? undefined : JSON.stringify(body ?? {}), credentials: /** @type {const} */ ('same-origin') };
  let answer;
  try {
    answer = await fetch(BASE + path, options);
  } catch {
    throw new Refusal(0, { detail: t('error.unreachable') });
  }
  const text = await answer.text();
  let value = null;
  try {
    value = text === '' ? null : JSON.parse(text);
  } catch {
    value = { detail: text.slice(0, 300) };
  }
  if (answer.ok) return value;
  if (answer.status === 401 && path !== 'session' && state.session) {
    state.session = null;
    tell('session');
  }
  throw new Refusal(answer.status, value);
}

/** @param {string} path */
export const get = (path) => call('GET', path);
/** @param {string} path @param {any} [body] */
export const post = (path, body) => call('POST', path, body);

/** A list, however it is wrapped. @param {any} value @returns {any[]} */
export function list(value) {
  if (Array.isArray(value)) return value;
  if (value && typeof value === 'object') return value.items ?? Object.values(value).find(Array.isArray) ?? [];
  return [];
}
