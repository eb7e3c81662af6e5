import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { times } from '../lib/contestants.mjs';
import { STEP, writeLog } from '../lib/folders.mjs';
import { API, keyOf, rawRequest } from '../lib/requests.mjs';
import { percentile, spread } from '../lib/statistics.mjs';
import { RawClient } from '../load/raw-client.mjs';
import { startKvService } from '../peers/kv-service.mjs';

const KEYS = 1_000_000;
/** The log holds each key twice, so that there is something to drop. */
const TIMES = 2;
const WRITES_A_SECOND = 500;
/** Enough that a write is never late for want of one, but in a service that stands still for two seconds. */
const CONNECTIONS = 1000;
const WARM_UP_MS = 3000;
const ROUNDS = 3;
const QUIET_MS = 6000;
const ADMIN_KEY = 'bench';

export const figures = [
  {
    id: 'p99',
    text: '99th percentile of writes during a compaction of 1,000,000 keys beside that without',
    unit: 'times',
    better: 'less',
    bound: 2,
  },
  { id: 'during', text: 'that percentile during a compaction, 500 writes a second', unit: 'ms', better: 'less' },
  { id: 'without', text: 'without one', unit: 'ms', better: 'less' },
  { id: 'pause', text: 'how long writes were held up at its end', unit: 'ms', better: 'less' },
  { id: 'duration', text: 'how long it took', unit: 'ms', better: 'less' },
];

/** Writes at a fixed rate, whatever the answers take, while a compaction is under way, beside writes without one. */
export async function run({ folder, onRound }) {
  await writeLog(join(folder, 'wal.log'), KEYS * TIMES, (i) => keyOf((i * STEP) % KEYS));
  const service = await startKvService({ DATA_DIR: folder, ADMIN_KEY, WAL_COMPACT_MIN_BYTES: '9007199254740991' });
  try {
    const clients = await Promise.all(times(CONNECTIONS, () => RawClient.open(service.port)));
    const values = { p99: [], during: [], without: [], pause: [], duration: [] };
    const warm = performance.now() + WARM_UP_MS;
    await writeUntil(clients, () => performance.now() > warm);
    for (let round = 0; round < ROUNDS; round++) {
      onRound(round);
      const until = performance.now() + QUIET_MS;
      const without = await writeUntil(clients, () => performance.now() > until);
      const compaction = compact(service.port);
      let running = true;
      void compaction.finally(() => (running = false)).catch(() => {});
      const during = await writeUntil(clients, () => !running);
      const { duration_ms: duration, pause_ms: pause } = await compaction;
      const [a, b] = [percentile(during, 0.99), percentile(without, 0.99)];
      for (const [id, value] of Object.entries({ p99: a / b, during: a, without: b, pause, duration }))
        values[id].push(value);
    }
    for (const client of clients) client.close();
    return {
      settings: { keys: KEYS, writes_per_second: WRITES_A_SECOND },
      values: Object.fromEntries(Object.entries(values).map(([id, numbers]) => [id, spread(numbers)])),
    };
  } finally {
    await service.stop();
  }
}

/** Has the log compacted; gives what the service says of it when it is over. */
async function compact(port) {
  const headers = { 'x-api-key': ADMIN_KEY };
  const answer = await fetch(`http://127.0.0.1:${port}/admin/compact`, { method: 'POST', headers });
  if (!answer.ok) throw new Error(`/admin/compact was answered with ${answer.status}`);
  for (;;) {
    const stats = await fetch(`http://127.0.0.1:${port}/stats`);
    const { compaction } = (await stats.json()).log;
    if (!compaction.running) return compaction.last;
    await delay(100);
  }
}

/** Writes until told to stop; gives how long each took from when it was due, in milliseconds. */
async function writeUntil(clients, done) {
  const idle = [...clients];
  const latencies = [];
  const under = new Set();
  const begin = performance.now();
  for (let count = 0; !done(); count++) {
    const due = begin + (count * 1000) / WRITES_A_SECOND;
    while (performance.now() < due) await delay(Math.max(0, due - performance.now() - 0.5));
    // In turn, so that none is idle for so long that the service closes it.
    const client = idle.shift();
    if (client === undefined) throw new Error('the service is so slow that all connections wait');
    const write = client.send(rawRequest(API.kv.put(Math.floor(Math.random() * KEYS)))).then((status) => {
      if (status !== 200) throw new Error(`a write was answered with ${status}`);
      latencies.push(performance.now() - due);
      idle.push(client);
      under.delete(write);
    });
    under.add(write);
  }
  await Promise.all(under);
  return latencies;
}
