/**
 * `make run`: starts the built services, waits until they answer, prints their addresses and a first `curl` with the
 * answer it gave, and stays until they end. Ctrl-C stops them all; when one ends by itself, so do the others.
 *
 * Settings are kv-service's own environment variables (PORT, DATA_DIR, …), TEST_CLIENT_PORT for test-client, and
 * GATEWAY_PORT, API_KEY and API_KEYS for api-gateway, which gets a random key when there is none. Flags are handed on to
 * kv-service: `node tools/run.mjs --data-dir /var/lib/kvasir`.
 *
 * With STORE=postgres there are two kv-services, the second one on SECOND_PORT (8002) and without gRPC, on the database that
 * DATABASE_URL names. Without DATABASE_URL a PostgreSQL for this run alone is started for them.
 *
 * The exit status is that of the first service that ended with another one than 0.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { constants } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startDatabase } from './run/first-look-database.mjs';

const POLL_MS = 50;
const ANSWER_WITHIN_MS = 60_000;

const flags = process.argv.slice(2);
const { values } = parseArgs({
  args: flags,
  options: Object.fromEntries(
    ['port', 'host', 'grpc-port', 'store', 'data-dir'].map((name) => [name, { type: 'string' }]),
  ),
  strict: false,
});
const host = String(values.host || process.env.HOST || '0.0.0.0');
const grpcHost = process.env.GRPC_HOST || '127.0.0.1';

/** Where this machine reaches a service that listens on this address. */
function reachable(address) {
  if (address === '0.0.0.0' || address === '::') return 'localhost';
  return address.includes(':') ? `[${address}]` : address;
}

const portsOf = (text) => text.split(',').map((port) => port.trim());
// Anything but a port number is left to the service, which says what is wrong with it.
const isPort = (port) => /^\d{1,5}$/.test(port) && Number(port) > 0 && Number(port) <= 65_535;
const addressesOf = (ports) => ports.filter(isPort).map((port) => `http://${reachable(host)}:${port}`);

const kvPorts = portsOf(String(values.port || process.env.PORT || '8000'));
const grpcPort = String(values['grpc-port'] || process.env.GRPC_PORT || '50051');
const testClientPort = process.env.TEST_CLIENT_PORT || '8001';
const gatewayPort = process.env.GATEWAY_PORT || '8888';
const secondPort = process.env.SECOND_PORT || '8002';
const [kvAddress] = addressesOf(kvPorts);

const store = values.store || process.env.STORE;
const hasSecond = store === 'postgres';
const needsDatabase = hasSecond && !process.env.DATABASE_URL;

const hasOwnKey = Boolean(process.env.API_KEY || process.env.API_KEYS);
const developmentKey = hasOwnKey ? undefined : randomBytes(24).toString('base64url');

const hasRights = Boolean(process.env.API_KEYS_FILE);
// What answers without a key.
const firstPath = hasRights ? '/health/ready' : '/stats';
const keyHeader = hasRights ? ' -H "x-api-key: $KV_API_KEY"' : '';

const kvService = {
  name: 'kv-service',
  ports: kvPorts,
  grpcPorts: [grpcPort],
  flags,
  env: {},
  path: firstPath,
};
const secondKvService = {
  name: 'kv-service',
  ports: [secondPort],
  // Of a flag that is given twice the last one counts.
  flags: [...flags, '--port', secondPort, '--grpc-port', '0'],
  env: {},
  path: firstPath,
};
const testClient = {
  name: 'test-client',
  ports: [testClientPort],
  env: { PORT: testClientPort, HOST: host, KV_SERVICE_URL: kvAddress },
  path: '/test/status',
};
const gateway = {
  name: 'api-gateway',
  ports: [gatewayPort],
  env: {
    PORT: gatewayPort,
    HOST: host,
    KV_GRPC_URL: `${reachable(grpcHost)}:${grpcPort}`,
    ...(developmentKey === undefined ? {} : { API_KEY: developmentKey }),
  },
  // Once this is answered, kv-service has been reached.
  path: '/health/ready',
};

/**
 * What is started, all at once: each with the ports it will listen on, and what is asked to see whether it answers. Nobody
 * could tell test-client of a port that is chosen while kv-service starts, nor the gateway of gRPC that is turned off.
 */
const SERVICES = [
  kvService,
  ...(hasSecond ? [secondKvService] : []),
  ...(kvAddress === undefined ? [] : [testClient]),
  ...(isPort(grpcPort) ? [gateway] : []),
];

const mainOf = ({ name }) => fileURLToPath(new URL(`../dist/apps/${name}/src/main.js`, import.meta.url));

/** Whether the port is free. Asked first: an old instance on it would answer for the new one. */
function isFree(port, address) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error) => resolve(error.code !== 'EADDRINUSE'));
    probe.listen({ port: Number(port), host: address }, () => probe.close(() => resolve(true)));
  });
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

for (const service of SERVICES) {
  if (!existsSync(mainOf(service))) fail(`${service.name} is not built yet: run \`make compile\` first.`);
  const { ports, grpcPorts = [] } = service;
  const wanted = [...ports.map((port) => [port, host]), ...grpcPorts.map((port) => [port, grpcHost])];
  for (const [port, address] of wanted) {
    if (isPort(port) && !(await isFree(port, address))) {
      fail(
        `Port ${port} is in use already. Choose others, for example: ` +
          'make run PORT=9000 TEST_CLIENT_PORT=9001 GATEWAY_PORT=9002 GRPC_PORT=9003' +
          (hasSecond ? ' SECOND_PORT=9004 STORE=postgres' : ''),
      );
    }
  }
}

let stopping = false;
const children = [];
const ended = [];
const isRunning = (child) => child.exitCode === null && child.signalCode === null;

/** Asks every service that still runs to stop. A second signal ends them at once. */
function stopAll(signal) {
  stopping = true;
  for (const child of children) if (isRunning(child)) child.kill(signal);
}

function start(service) {
  const child = spawn(process.execPath, [mainOf(service), ...(service.flags ?? [])], {
    stdio: 'inherit',
    // A process group of its own: Ctrl-C in the terminal reaches this process alone, which hands it on once.
    detached: true,
    env: { ...process.env, ...service.env },
  });
  child.on('error', (error) => {
    console.error(`${service.name} could not be started: ${error.message}`);
    process.exitCode ||= 1;
    stopAll('SIGTERM');
  });
  child.on('exit', (code, signal) => {
    process.exitCode ||= code ?? 128 + (constants.signals[signal] ?? 0);
    if (!stopping) stopAll('SIGTERM');
  });
  children.push(child);
  ended.push(new Promise((resolve) => child.once('exit', resolve).once('error', resolve)));
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => stopAll(signal === 'SIGHUP' ? 'SIGTERM' : signal));
}

/** The body of a service's first answer; undefined when one of the services ends, or it takes too long. */
async function firstAnswer(url) {
  const deadline = Date.now() + ANSWER_WITHIN_MS;
  while (!stopping && Date.now() < deadline) {
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(2000) });
      if (answer.ok) return await answer.text();
    } catch {
      // Not listening yet.
    }
    await setTimeout(POLL_MS);
  }
  return undefined;
}

let database;
if (needsDatabase) {
  console.log('Starting a PostgreSQL for this run (DATABASE_URL would name another one) …');
  try {
    database = await startDatabase((complaints) => {
      console.error(complaints);
      process.exitCode ||= 1;
      stopAll('SIGTERM');
    });
  } catch (error) {
    fail(`${error.message}\nDATABASE_URL can name a PostgreSQL that is there already.`);
  }
  for (const service of [kvService, secondKvService]) service.env.DATABASE_URL = database.url;
}

if (!stopping) SERVICES.forEach(start);
const answers = new Map();
for (const service of SERVICES) {
  const [address] = addressesOf(service.ports);
  if (address !== undefined) answers.set(service, await firstAnswer(address + service.path));
}

/** Where the data is. */
function dataPlace() {
  if (store === 'memory') return 'in memory only';
  if (database !== undefined) return `in a PostgreSQL that goes with this run: ${database.url}`;
  if (hasSecond) return 'in the database that DATABASE_URL names';
  return values['data-dir'] || process.env.DATA_DIR || './data';
}

const stats = answers.get(kvService);
if (stats !== undefined && !stopping) {
  const bases = addressesOf(kvPorts);
  const kv = bases.find((base) => base.endsWith(':8080')) ?? bases[0];
  const addressOf = ({ ports }) => addressesOf(ports)[0] ?? '(any free port, see its log line)';
  const withGateway = answers.get(gateway) !== undefined;
  console.log(
    [
      '',
      '  Kvasir is running.',
      '',
      `    kv-service   ${bases.join('  ')}`,
      ...(hasSecond ? [`    kv-service   ${addressOf(secondKvService)}  (another process, the same keys)`] : []),
      `    test-client  ${addressOf(testClient)}`,
      ...(withGateway ? [`    api-gateway  ${addressOf(gateway)}`] : []),
      `    API pages    at /docs of each`,
      `    Data         ${dataPlace()}`,
      '',
      '    A first request, and what it answered just now:',
      '',
      `      curl ${bases[0]}${firstPath}`,
      `      ${stats}`,
      '',
      hasRights
        ? '    Store a value, and read it, with a key of API_KEYS_FILE in KV_API_KEY:'
        : '    Store a value, and read it:',
      '',
      `      curl -X PUT ${kv}/kv/hello -H 'Content-Type: application/json' -d '{"value":"world"}'${keyHeader}`,
      `      curl ${kv}/kv/hello${keyHeader}`,
      '',
      ...(hasSecond
        ? [
            '    Read it through the other process:',
            '',
            `      curl ${addressOf(secondKvService)}/kv/hello${keyHeader}`,
            '',
          ]
        : []),
      ...(withGateway
        ? [
            `    Read it through the gateway${developmentKey === undefined ? ', with a key of yours in API_KEY' : '; the key is for this run alone'}:`,
            '',
            ...(developmentKey === undefined ? [] : [`      export API_KEY=${developmentKey}`]),
            `      curl ${addressOf(gateway)}/v1/values/hello -H "x-api-key: $API_KEY"`,
            '',
          ]
        : []),
      '    Let test-client check that a deleted key is gone:',
      '',
      `      curl -X POST ${addressOf(testClient)}/test/deletion`,
      '',
      '  Ctrl-C stops it.',
      '',
    ].join('\n'),
  );
}

// The database goes last: the services' last writes are for it.
if (database !== undefined) {
  await Promise.all(ended);
  await database.stop();
}
