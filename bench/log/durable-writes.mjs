import { join } from 'node:path';
import { openLogStore } from '../../dist/libs/engine-wal/src/index.js';
import { nodeFileSystem } from '../../dist/libs/wal/src/index.js';
import { putRequest, RawClient } from './raw-client.mjs';
import { median, startService, withFolder } from './support.mjs';

const CONNECTIONS = 64;
const ROUNDS = 5;
const SECONDS = 4;

async function requestsPerSecond(port) {
  const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => RawClient.open(port)));
  const write = async (client, number, until) => {
    let count = 0;
    for (; performance.now() < until; count++) {
      const status = await client.send(putRequest(`key-${number}-${count % 1000}`, { n: count }));
      if (status !== 200) throw new Error(`a write was answered with ${status}`);
    }
    return count;
  };
  const seconds = async (duration) => {
    const until = performance.now() + duration * 1000;
    const counts = await Promise.all(clients.map((client, i) => write(client, i, until)));
    return counts.reduce((sum, count) => sum + count, 0) / duration;
  };
  await seconds(0.5);
  const rate = await seconds(SECONDS);
  for (const client of clients) client.close();
  return rate;
}

/** Groups, writes and syncs of so many writes by 64 writers on the engine itself. */
async function countSyncs(folder, writes) {
  const counts = { write: 0, datasync: 0 };
  const counting = (file) =>
    new Proxy(file, {
      get(target, name) {
        if (name in counts) counts[name]++;
        const member = target[name];
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
  const { store } = await openLogStore({
    directory: folder,
    onFailure: () => process.exit(1),
    fileSystem: { ...nodeFileSystem, open: async (path, mode) => counting(await nodeFileSystem.open(path, mode)) },
  });
  const writer = async (number) => {
    for (let i = 0; i < writes / CONNECTIONS; i++) {
      await store.commit({ atomic: true, operations: [{ type: 'set', key: `${number}-${i}`, value: '1' }] });
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, (_, i) => writer(i)));
  const result = { ...counts };
  await store.close();
  return result;
}

/** Durable writes beside writes without a sync, through HTTP, and the syncs that they take. */
export async function run() {
  await withFolder(async (folder) => {
    const rates = { always: [], everysec: [], never: [] };
    for (let round = 0; round < ROUNDS; round++) {
      for (const fsync of Object.keys(rates)) {
        const service = await startService({
          DATA_DIR: join(folder, `${fsync}-${round}`),
          FSYNC: fsync,
          LOG_LEVEL: 'info',
        });
        rates[fsync].push(await requestsPerSecond(service.port));
        await service.stop();
      }
    }
    console.log(`PUT of a small value, ${CONNECTIONS} connections, medians of ${ROUNDS} interleaved runs`);
    for (const [fsync, measured] of Object.entries(rates)) {
      const ratio = median(measured.map((rate, i) => rate / rates.never[i]));
      console.log(
        `FSYNC=${fsync.padEnd(9)} ${median(measured).toFixed(0)} a second, ${ratio.toFixed(2)} of FSYNC=never`,
      );
    }
    const writes = 64_000;
    const { write, datasync } = await countSyncs(join(folder, 'syncs'), writes);
    console.log(
      `${writes} writes by ${CONNECTIONS} writers on the engine: ${write} groups (one write each), ${datasync} syncs`,
    );
  });
}
