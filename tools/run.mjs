/**
 * `make run`: starts the built kv-service, waits until it answers, prints its addresses and a first `curl` with the
 * answer it gave, and stays until the service ends. Settings are the service's own environment variables (PORT,
 * DATA_DIR, …); flags are handed on: `node tools/run.mjs --data-dir /var/lib/kvasir`.
 *
 * The exit status is the service's own.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { constants } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const SERVICE = fileURLToPath(new URL('../dist/apps/kv-service/src/main.js', import.meta.url));
const POLL_MS = 50;
const ANSWER_WITHIN_MS = 60_000;

const flags = process.argv.slice(2);
const { values } = parseArgs({
  args: flags,
  options: { port: { type: 'string' }, host: { type: 'string' } },
  strict: false,
});
const host = String(values.host || process.env.HOST || '0.0.0.0');
const ports = String(values.port || process.env.PORT || '8000')
  .split(',')
  .map((port) => port.trim());
/** Where this machine reaches a service that listens on `host`. */
const reachable = ['0.0.0.0', '::', ''].includes(host) ? 'localhost' : host.includes(':') ? `[${host}]` : host;

/** Whether the port is free. Asked first: an old instance on it would answer for the new one. */
function isFree(port) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error) => resolve(error.code !== 'EADDRINUSE'));
    probe.listen({ port: Number(port), host }, () => probe.close(() => resolve(true)));
  });
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

if (!existsSync(SERVICE)) fail('kv-service is not built yet: run `make build` (or `npm run build`) first.');
// Anything but a port number is left to the service, which says what is wrong with it.
const known = ports.filter((port) => /^\d{1,5}$/.test(port) && Number(port) > 0 && Number(port) <= 65_535);
for (const port of known) {
  if (!(await isFree(port))) fail(`Port ${port} is in use already. Choose others, for example: make run PORT=9000`);
}

// A process group of its own: Ctrl-C in the terminal reaches this process alone, which hands it on once.
const service = spawn(process.execPath, [SERVICE, ...flags], { stdio: 'inherit', detached: true });
const isRunning = () => service.exitCode === null && service.signalCode === null;
service.on('error', (error) => fail(`kv-service could not be started: ${error.message}`));
service.on('exit', (code, signal) => {
  process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0);
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (isRunning()) service.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal);
  });
}

/** The body of `GET /stats` as soon as the service answers; undefined when it ends or takes too long. */
async function firstAnswer(base) {
  const deadline = Date.now() + ANSWER_WITHIN_MS;
  while (isRunning() && Date.now() < deadline) {
    try {
      const answer = await fetch(`${base}/stats`, { signal: AbortSignal.timeout(2000) });
      if (answer.ok) return await answer.text();
    } catch {
      // Not listening yet.
    }
    await setTimeout(POLL_MS);
  }
  return undefined;
}

if (known.length > 0) {
  const bases = known.map((port) => `http://${reachable}:${port}`);
  const stats = await firstAnswer(bases[0]);
  if (stats !== undefined && isRunning()) {
    const kv = bases.find((base) => base.endsWith(':8080')) ?? bases[0];
    console.log(`
  Kvasir is running.

    Addresses    ${bases.join('  ')}
    API pages    ${bases[0]}/docs
    Data         ${process.env.STORE === 'memory' ? 'in memory only' : values['data-dir'] || process.env.DATA_DIR || './data'}

    A first request, and what it answered just now:

      curl ${bases[0]}/stats
      ${stats}

    Store a value, and read it:

      curl -X PUT ${kv}/kv/hello -H 'Content-Type: application/json' -d '{"value":"world"}'
      curl ${kv}/kv/hello

  Ctrl-C stops it.
`);
  }
}
