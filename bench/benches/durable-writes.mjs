import { join } from 'node:path';
import { times } from '../lib/contestants.mjs';
import { httpLoad } from '../lib/http-load.mjs';
import { race, rateRatios, seriesOf } from '../lib/race.mjs';
import { API } from '../lib/requests.mjs';
import { spread } from '../lib/statistics.mjs';
import { startKvService } from '../peers/kv-service.mjs';

const CONNECTIONS = 64;
const KEYS = 10_000;
const COUNTED_WRITES = 64_000;
const FSYNC = ['always', 'everysec', 'never'];

export const figures = [
  { id: 'always', text: 'PUT with FSYNC=always beside never, 64 connections', unit: 'times', bound: 0.9 },
  { id: 'everysec', text: 'PUT with FSYNC=everysec beside never', unit: 'times', bound: 0.9 },
  { id: 'groups', text: 'groups of 64,000 writes by 64 writers, one write to the log each', unit: 'groups' },
  { id: 'syncs', text: 'syncs for each of these groups', unit: 'times', better: 'less', bound: 1.01 },
];

/** Durable writes beside writes without a sync, and the syncs that they take. */
export async function run({ folder, ...options }) {
  const contestants = [];
  try {
    for (const fsync of FSYNC) {
      const service = await startKvService({ DATA_DIR: join(folder, fsync), FSYNC: fsync });
      const load = await httpLoad(folder, service.port, times(KEYS, API.kv.put), CONNECTIONS);
      contestants.push({ name: fsync, label: `FSYNC=${fsync}`, ...service, load });
    }
    const results = await race(contestants, options, options.onRound);
    const { writes, syncs } = await countSyncs(join(folder, 'counted'));
    return {
      settings: { connections: CONNECTIONS, keys: KEYS },
      series: seriesOf(results),
      values: {
        always: spread(rateRatios(results, 'always', 'never')),
        everysec: spread(rateRatios(results, 'everysec', 'never')),
        groups: spread([writes]),
        syncs: spread([syncs / writes]),
      },
    };
  } finally {
    for (const { stop } of contestants) await stop();
  }
}

/** Writes and syncs of the log that so many writes by 64 writers take on the engine itself. */
async function countSyncs(directory) {
  const { openLogStore } = await import('../../dist/libs/engine-wal/src/index.js');
  const { nodeFileSystem } = await import('../../dist/libs/wal/src/index.js');
  const counts = { write: 0, datasync: 0, writeDurably: 0 };
  const counting = (file) =>
    new Proxy(file, {
      get(target, name) {
        const member = target[name];
        if (typeof member !== 'function') return member;
        return (...args) => {
          if (name in counts) counts[name]++;
          return member.apply(target, args);
        };
      },
    });
  const { store } = await openLogStore({
    directory,
    onFailure: () => process.exit(1),
    fileSystem: { ...nodeFileSystem, open: async (path, mode) => counting(await nodeFileSystem.open(path, mode)) },
  });
  const writer = async (number) => {
    for (let i = 0; i < COUNTED_WRITES / CONNECTIONS; i++) {
      await store.commit({ atomic: true, operations: [{ type: 'set', key: `${number}-${i}`, value: '1' }] });
    }
  };
  await Promise.all(times(CONNECTIONS, writer));
  const { write, datasync, writeDurably } = counts;
  await store.close();
  return { writes: write + writeDurably, syncs: datasync + writeDurably };
}
