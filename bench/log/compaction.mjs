import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { putRequest, RawClient } from './raw-client.mjs';
import { percentile, startService, withFolder, writeLog } from './support.mjs';

const KEYS = 1_000_000;
const WRITES_A_SECOND = 500;
/** Enough that a write is never late for want of one, but in a service that stands still for half a second. */
const CONNECTIONS = 250;
const ROUNDS = 3;
const KEY = 'bench';

/** Writes at a fixed rate, whatever the answers take, until told to stop; gives how long each took from when it was due, in milliseconds. */
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
    const sent = client.send(
      putRequest(`key:${String(Math.floor(Math.random() * 1e7)).padStart(7, '0')}`, { n: count, s: 'xxxx' }),
    );
    const write = sent.then(() => {
      latencies.push(performance.now() - due);
      idle.push(client);
      under.delete(write);
    });
    under.add(write);
  }
  await Promise.all(under);
  return latencies;
}

async function logFigures(port) {
  const stats = await fetch(`http://127.0.0.1:${port}/stats`);
  return (await stats.json()).log;
}

/** Writes while a compaction is under way beside writes without one. */
export async function run() {
  await withFolder(async (folder) => {
    await writeLog(join(folder, 'wal.log'), KEYS, 2);
    const service = await startService({ DATA_DIR: folder, ADMIN_KEY: KEY, WAL_COMPACT_MIN_BYTES: '9007199254740991' });
    const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => RawClient.open(service.port)));
    const without = [];
    const during = [];
    let last;
    // The first seconds of a process are its compiler's.
    const warm = performance.now() + 3000;
    await writeUntil(clients, () => performance.now() > warm);
    for (let round = 0; round < ROUNDS; round++) {
      const until = performance.now() + 6000;
      without.push(...(await writeUntil(clients, () => performance.now() > until)));
      let running = true;
      await fetch(`http://127.0.0.1:${service.port}/admin/compact`, { method: 'POST', headers: { 'x-api-key': KEY } });
      const watch = (async () => {
        while ((last = (await logFigures(service.port)).compaction).running) await delay(100);
        running = false;
      })();
      during.push(...(await writeUntil(clients, () => !running)));
      await watch;
      console.log(
        `compaction ${round + 1}: ${last.last.duration_ms} ms, writes held up for ${last.last.pause_ms} ms at its end`,
      );
    }
    for (const client of clients) client.close();
    await service.stop();
    console.log(
      `${KEYS} keys, ${WRITES_A_SECOND} writes a second (FSYNC=always), milliseconds from when a write was due to its answer`,
    );
    for (const [words, latencies] of [
      ['without', without],
      ['during', during],
    ]) {
      const figures = [0.5, 0.9, 0.99, 0.999, 1].map((share) => percentile(latencies, share).toFixed(2));
      console.log(
        `${words.padEnd(8)} ${latencies.length} writes: 50 % ${figures[0]}, 90 % ${figures[1]}, 99 % ${figures[2]}, 99.9 % ${figures[3]}, longest ${figures[4]}`,
      );
    }
    console.log(`99 %: ${(percentile(during, 0.99) / percentile(without, 0.99)).toFixed(2)} times that without`);
  });
}
