import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { times } from '../lib/contestants.mjs';
import { POSTGRES_SERVER } from '../lib/paths.mjs';
import { ratios, spread } from '../lib/statistics.mjs';

const AT_ONCE = 256;
const POOL_SIZE = 10;
const KEYS = 10_000;
const SCHEMA = 'kvasir_bench';
/** Many short rounds: a database's disk has moods of a second. */
const ROUNDS = 21;
const ROUND_MS = 300;
const VALUE = JSON.stringify({
  name: 'Ada Lovelace',
  born: 1815,
  tags: ['mathematics', 'engines'],
  note: 'x'.repeat(40),
});

const NOW = 'floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint';

const figure = (id, text, bound) => ({
  id,
  text: `engine-postgres beside one statement a request, ${text}`,
  unit: 'times',
  bound,
});

export const figures = [
  figure('writes-256', 'writes, 256 at once', 3),
  figure('reads-256', 'reads, 256 at once', 2),
  figure('writes-1', 'writes, one at a time', 0.8),
  figure('reads-1', 'reads, one at a time', 0.8),
];

/**
 * The shared engine through its port, beside one prepared statement a request through `pg`, on the same PostgreSQL. The statements fill and read the
 * same columns by the same clock; they have a revision for each key instead of one for the store, no figures, and no transactions of several keys.
 *
 * The server is its own, which syncs each commit to disk as it comes; TEST_DATABASE_URL names another one.
 */
export async function run({ onRound }) {
  const given = process.env.TEST_DATABASE_URL;
  const server = given ? { url: given, stop: async () => {} } : await startServer();
  try {
    return await measure(server.url, onRound);
  } finally {
    await server.stop();
  }
}

async function startServer() {
  const child = spawn(process.execPath, [POSTGRES_SERVER], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = await once(createInterface(child.stdout), 'line');
  const stop = async () => {
    // It ends with its standard input, also when this process dies.
    child.stdin.end();
    await once(child, 'close');
  };
  return { url: JSON.parse(line).url, stop };
}

async function measure(url, onRound) {
  const { openPostgresStore } = await import('../../dist/libs/engine-postgres/src/index.js');
  const store = await openPostgresStore({ url, schema: SCHEMA, poolSize: POOL_SIZE });
  // The engine's own limits: without them a request would wait for ever on a database that hangs.
  const limits = { statement_timeout: 5000, query_timeout: 6000, idle_in_transaction_session_timeout: 5000 };
  const pool = new pg.Pool({ connectionString: url, max: POOL_SIZE, ...limits });
  // The server may be gone before the pool has said goodbye.
  pool.on('error', () => {});
  await pool.query(`CREATE TABLE ${SCHEMA}.plain (LIKE ${SCHEMA}.entries INCLUDING ALL)`);
  const { rows } = await pool.query('SHOW server_version');
  const { put, get, plainPut, plainGet } = operationsOn(store, pool);
  for (let i = 0; i < KEYS; i += 500) {
    await Promise.all(times(500, (j) => Promise.all([put(i + j), plainPut(i + j)])));
  }
  const races = {
    'writes-256': [AT_ONCE, put, plainPut],
    'reads-256': [AT_ONCE, get, plainGet],
    'writes-1': [1, put, plainPut],
    'reads-1': [1, get, plainGet],
  };
  const values = {};
  const series = [];
  for (const [id, [atOnce, ours, plain]] of Object.entries(races)) {
    const rates = { engine: [], plain: [] };
    for (let round = 0; round < ROUNDS; round++) {
      onRound(round);
      rates.plain.push(await rate(atOnce, plain));
      rates.engine.push(await rate(atOnce, ours));
    }
    values[id] = spread(ratios(rates.engine, rates.plain));
    for (const [name, label] of [
      ['engine', 'engine-postgres'],
      ['plain', 'one statement a request'],
    ]) {
      series.push({ group: id, name, label, requests_per_second: spread(rates[name]) });
    }
  }
  await pool.query(`DROP SCHEMA ${SCHEMA} CASCADE`);
  await pool.end();
  await store.close();
  return { versions: { postgresql: rows[0].server_version }, settings: { keys: KEYS }, series, values };
}

const key = (i) => `bench-key-${i % KEYS}`;

function operationsOn(store, pool) {
  return {
    put: (i) => store.commit({ atomic: false, operations: [{ type: 'set', key: key(i), value: VALUE }] }),
    get: (i) => store.get(key(i)),
    plainPut: (i) =>
      pool.query({
        name: 'put',
        text: `INSERT INTO ${SCHEMA}.plain AS p (key, value, revision, created_at, updated_at, expires_at)
               SELECT $1, $2, 1, ${NOW}, ${NOW}, ${NOW} + $3::bigint
               ON CONFLICT (key) DO UPDATE SET value = excluded.value, revision = p.revision + 1,
                 updated_at = excluded.updated_at, expires_at = excluded.expires_at
               RETURNING revision, created_at = updated_at`,
        values: [key(i), VALUE, null],
      }),
    plainGet: (i) =>
      pool.query({
        name: 'get',
        text: `SELECT key, value, revision, created_at, updated_at, expires_at FROM ${SCHEMA}.plain
               WHERE key = $1 AND (expires_at IS NULL OR expires_at > ${NOW})`,
        values: [key(i)],
      }),
  };
}

/** Operations a second with `atOnce` of them under way all the time. */
async function rate(atOnce, operation) {
  const started = performance.now();
  const until = started + ROUND_MS;
  let done = 0;
  await Promise.all(
    times(atOnce, async (i) => {
      for (let next = i; performance.now() < until; next += atOnce) {
        await operation(next);
        done++;
      }
    }),
  );
  return done / ((performance.now() - started) / 1000);
}
