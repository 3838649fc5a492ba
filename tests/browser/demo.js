// @ts-check
// A `greenwave demo` of one's own: on free ports, on a copy of the definition, ended with the suite.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';

/** Longest wait for the pages, ms. */
const PATIENCE = 300_000;

/** Ports that nobody listens on now. @param {number} count @returns {Promise<number[]>} */
async function free(count) {
  const servers = await Promise.all(Array.from({ length: count }, () => new Promise((done) => {
    const server = net.createServer();
    server.listen(0, '127.0.0.1', () => done(server));
  })));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

/** Whether nobody listens on a port. @param {number} port @returns {Promise<boolean>} */
const vacant = (port) => new Promise((done) => {
  const server = net.createServer();
  server.once('error', () => done(false));
  server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
});

/** @typedef {{base: string, token: string, said: () => string, pause: () => void, go: () => void, stop: () => Promise<number | null>}} Demo */

/** @param {string} binary @param {string} definition @param {string} root of the repository @param {string[]} [more] @returns {Promise<Demo>} */
export async function demo(binary, definition, root, more = []) {
  const text = fs.readFileSync(definition, 'utf8');
  const old = [...text.matchAll(/"127\.0\.0\.1:(\d+)"/g)].map((found) => found[0]);
  const [http, ...ports] = await free(old.length + 1);
  // The day plan book is for the definition as it is shipped, ports and all. Where these are taken, plans are computed: that takes a while.
  const own = (await Promise.all(old.map((address) => vacant(Number(address.split(':')[1].replace('"', '')))))).every(Boolean);
  if (own) fs.symlinkSync(path.join(root, 'corridors/plans'), path.join(path.dirname(definition), 'plans'));
  else fs.writeFileSync(definition, old.reduce((all, address, k) => all.replace(address, `"127.0.0.1:${ports[k]}"`), text));
  const child = spawn(binary, ['demo', definition, '--http', `127.0.0.1:${http}`, '--time-scale', '5', '--from', '06:45', ...more], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => { said += chunk; });
  const gone = new Promise((done) => child.on('close', (code) => done(code)));
  const base = `http://127.0.0.1:${http}`;
  const until = Date.now() + PATIENCE;
  for (;;) {
    if (child.exitCode !== null || Date.now() > until) {
      child.kill('SIGKILL');
      throw new Error(`the demo does not start: ${said}`);
    }
    const well = await fetch(`${base}/healthz`).then((answer) => answer.ok, () => false);
    if (well) break;
    await new Promise((done) => setTimeout(done, 100));
  }
  return {
    base,
    get token() { return /setup token (\w+)/.exec(said)?.[1] ?? ''; },
    said: () => said,
    pause: () => child.kill('SIGSTOP'),
    go: () => child.kill('SIGCONT'),
    stop: async () => {
      child.kill('SIGCONT');
      child.kill('SIGTERM');
      return /** @type {Promise<number | null>} */ (gone);
    },
  };
}
