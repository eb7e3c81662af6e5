/**
 * The shared engine through its port, beside one statement a request through `pg`, on the same PostgreSQL in the same run:
 * writes and reads, 256 at once and one at a time. Short interleaved rounds, so that what else the machine and its disk do meets both alike; medians. The statements beside it fill and read the
 * same columns by the same clock, each in one prepared statement; they have a revision for each key instead of one for the
 * store, no figures, and no transactions of several keys.
 *
 *     node bench/postgres.mjs [--seconds 0.3] [--rounds 21]
 *
 * It starts a server of its own, which syncs each commit to disk as it comes; TEST_DATABASE_URL names another one.
 * The exit status is 1 when a ratio is below what docs/engines.md promises.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { openPostgresStore } from '../dist/libs/engine-postgres/src/index.js';

const AT_ONCE = 256;
const POOL_SIZE = 10;
const KEYS = 10_000;
const SCHEMA = 'kvasir_bench';
const VALUE = JSON.stringify({
  name: 'Ada Lovelace',
  born: 1815,
  tags: ['mathematics', 'engines'],
  note: 'x'.repeat(40),
});

const NOW = 'floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint';

/** What a ratio may not fall below. */
const PROMISED = {
  'writes, 256 at once': 3,
  'reads, 256 at once': 2,
  'writes, one at a time': 0.8,
  'reads, one at a time': 0.8,
};

const { values: flags } = parseArgs({
  options: { seconds: { type: 'string', default: '0.3' }, rounds: { type: 'string', default: '21' } },
});
const roundMs = Number(flags.seconds) * 1000;
const rounds = Number(flags.rounds);

async function startServer() {
  const child = spawn(process.execPath, [fileURLToPath(new URL('../tools/postgres-server.mjs', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface(child.stdout), 'line');
  const stop = async () => {
    child.stdin.end();
    await once(child, 'close');
  };
  return { url: JSON.parse(line).url, stop };
}

const given = process.env.TEST_DATABASE_URL;
const server = given ? { url: given, stop: async () => {} } : await startServer();
const key = (i) => `bench-key-${i % KEYS}`;

/** Operations a second with `atOnce` of them under way all the time. */
async function rate(atOnce, operation) {
  const until = performance.now() + roundMs;
  const started = performance.now();
  let done = 0;
  let next = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (performance.now() < until) {
        await operation(next++);
        done++;
      }
    }),
  );
  return done / ((performance.now() - started) / 1000);
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

try {
  const store = await openPostgresStore({ url: server.url, schema: SCHEMA, poolSize: POOL_SIZE });
  // The engine's own limits: without them a request would wait for ever on a database that hangs.
  const limits = { statement_timeout: 5000, query_timeout: 6000, idle_in_transaction_session_timeout: 5000 };
  const pool = new pg.Pool({ connectionString: server.url, max: POOL_SIZE, ...limits });
  // The server may be gone before the pool has said goodbye.
  pool.on('error', () => {});
  await pool.query(`CREATE TABLE ${SCHEMA}.plain (LIKE ${SCHEMA}.entries INCLUDING ALL)`);

  const put = (i) => store.commit({ atomic: false, operations: [{ type: 'set', key: key(i), value: VALUE }] });
  const plainPut = (i) =>
    pool.query({
      name: 'put',
      text: `INSERT INTO ${SCHEMA}.plain AS p (key, value, revision, created_at, updated_at, expires_at)
             SELECT $1, $2, 1, ${NOW}, ${NOW}, ${NOW} + $3::bigint
             ON CONFLICT (key) DO UPDATE SET value = excluded.value, revision = p.revision + 1,
               updated_at = excluded.updated_at, expires_at = excluded.expires_at
             RETURNING revision, created_at = updated_at`,
      values: [key(i), VALUE, null],
    });
  const get = (i) => store.get(key(i));
  const plainGet = (i) =>
    pool.query({
      name: 'get',
      text: `SELECT key, value, revision, created_at, updated_at, expires_at FROM ${SCHEMA}.plain
             WHERE key = $1 AND (expires_at IS NULL OR expires_at > ${NOW})`,
      values: [key(i)],
    });

  for (let i = 0; i < KEYS; i += 500) {
    await Promise.all(Array.from({ length: 500 }, (_, j) => Promise.all([put(i + j), plainPut(i + j)])));
  }

  const races = {
    'writes, 256 at once': [AT_ONCE, put, plainPut],
    'reads, 256 at once': [AT_ONCE, get, plainGet],
    'writes, one at a time': [1, put, plainPut],
    'reads, one at a time': [1, get, plainGet],
  };
  let kept = true;
  console.log('| operations | engine, /s | one statement a request, /s | ratio | promised |');
  console.log('| --- | --- | --- | --- | --- |');
  for (const [name, [atOnce, ours, plain]] of Object.entries(races)) {
    const figures = { ours: [], plain: [] };
    for (let round = 0; round < rounds; round++) {
      figures.plain.push(await rate(atOnce, plain));
      figures.ours.push(await rate(atOnce, ours));
    }
    const [a, b] = [median(figures.ours), median(figures.plain)];
    kept &&= a / b >= PROMISED[name];
    console.log(`| ${name} | ${Math.round(a)} | ${Math.round(b)} | ${(a / b).toFixed(2)} | ${PROMISED[name]} |`);
  }
  await pool.query(`DROP SCHEMA ${SCHEMA} CASCADE`);
  await pool.end();
  await store.close();
  if (!kept) process.exitCode = 1;
} finally {
  await server.stop();
}
