/**
 * `npm run demo`, after `npm run build`: takes a real data set (the world's countries in 78 languages) through
 * kv-service, lists and reads all of it back, kills the service with SIGKILL, starts it again over the same folder, and
 * compares again, byte for byte. The exit status is 1 when anything differs.
 *
 * The service runs on a free port over a temporary folder; both are gone at the end, whatever happens.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { countryEntries } from './demo/countries.mjs';
import { DemoFailure } from './demo/failure.mjs';
import { Report } from './demo/report.mjs';
import { Service } from './demo/service.mjs';
import { StoreClient } from './demo/store-client.mjs';

const SUCCESS = '{"success":true}';
/** How many keys go in by `PUT /kv/:key`; the rest by `POST /kv/batch`. */
const SINGLE_WRITES = 5000;
const BATCH_SIZE = 500;
/** Every key, some, one, none; ASCII and not. */
const PREFIXES = [
  '',
  'country:',
  'country:NO',
  'country:NO:name:',
  'language:',
  'name:ja:',
  'name:ja:ノ',
  'name:𐍈',
  'c',
];

const pathOf = (key) => `/kv/${encodeURIComponent(key)}`;
const byBytes = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b));

function* batchesOf(entries) {
  for (let i = 0; i < entries.length; i += BATCH_SIZE) yield entries.slice(i, i + BATCH_SIZE);
}

async function write(client, entries, report) {
  const singles = entries.slice(0, SINGLE_WRITES);
  await report.step('PUT /kv/:key', singles.length, 'keys', (advance) =>
    client.forEach(singles, async ([key, value]) => {
      await client.expect('PUT', pathOf(key), `{"value":${value}}`, SUCCESS);
      advance();
    }),
  );
  const others = entries.slice(SINGLE_WRITES);
  await report.step('POST /kv/batch', others.length, 'keys', (advance) =>
    client.forEach(batchesOf(others), async (batch) => {
      const operations = batch.map(([key, value]) => `{"op":"set","key":${JSON.stringify(key)},"value":${value}}`);
      const results = batch.map(() => SUCCESS);
      const expected = `{"success":true,"results":[${results.join(',')}]}`;
      await client.expect('POST', '/kv/batch', `{"operations":[${operations.join(',')}]}`, expected);
      advance(batch.length);
    }),
  );
}

/** Lists by prefix, reads every key, and compares the figures of the store. */
async function compare(client, entries, report, when) {
  const keys = entries.map(([key]) => key).sort(byBytes);
  const listings = PREFIXES.map((prefix) => ({ prefix, listed: keys.filter((key) => key.startsWith(prefix)) }));
  const total = listings.reduce((sum, { listed }) => sum + listed.length, 0);
  await report.step(`GET /kv?prefix=… ${when}`, total, 'keys', async (advance) => {
    for (const { prefix, listed } of listings) {
      await client.expect(
        'GET',
        `/kv?prefix=${encodeURIComponent(prefix)}`,
        undefined,
        JSON.stringify({ keys: listed }),
      );
      advance(listed.length);
    }
  });
  await report.step(`GET /kv/:key ${when}`, entries.length, 'keys', (advance) =>
    client.forEach(entries, async ([key, value]) => {
      await client.expect('GET', pathOf(key), undefined, `{"value":${value}}`);
      advance();
    }),
  );
  const stats = JSON.parse(await client.send('GET', '/stats'));
  const sizeBytes = entries.reduce((sum, [, value]) => sum + Buffer.byteLength(value), 0);
  for (const [name, expected] of Object.entries({ keys: entries.length, size_bytes: sizeBytes })) {
    if (stats[name] !== expected) {
      throw new DemoFailure(`GET /stats ${when}: ${name} is ${stats[name]}, expected ${expected}`);
    }
  }
  return sizeBytes;
}

/** Calls `work` with a client of the service, whose connections are closed afterwards. */
async function withClient(service, work) {
  const client = new StoreClient(service.origin);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

async function demo(folder, onSpawn) {
  const report = new Report();
  const entries = [...countryEntries()];
  const start = async (name) => {
    let service;
    await report.step(name, 1, 'process', async (advance) => {
      service = await Service.start(folder, onSpawn);
      advance();
    });
    return service;
  };

  const first = await start('start over an empty folder');
  await withClient(first, async (client) => {
    await write(client, entries, report);
    await compare(client, entries, report, 'before the kill');
  });
  await first.kill();
  console.log('The service was killed (SIGKILL).');

  const second = await start('start again, replay the log');
  const sizeBytes = await withClient(second, (client) => compare(client, entries, report, 'after the kill'));
  await report.step('stop (SIGTERM)', 1, 'process', async (advance) => {
    await second.stop();
    advance();
  });
  console.log(`\n${report.table()}\n`);
  console.log(
    `All ${entries.length.toLocaleString('en-US')} values (${sizeBytes.toLocaleString('en-US')} bytes) were the same ` +
      'before the kill and after it, byte for byte.',
  );
}

const folder = await mkdtemp(join(tmpdir(), 'kvasir-demo-'));
const services = [];
async function cleanUp() {
  await Promise.all(services.map((service) => service.kill()));
  await rm(folder, { recursive: true, force: true });
}
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    interrupted = true;
    void cleanUp().finally(() => process.exit(128 + constants.signals[signal]));
  });
}
try {
  await demo(folder, (service) => services.push(service));
} catch (error) {
  process.exitCode = 1;
  if (!interrupted) console.error(error instanceof DemoFailure ? `The demo failed: ${error.message}` : error);
} finally {
  await cleanUp();
}
