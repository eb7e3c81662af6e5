import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { STEP, writeLog } from '../lib/folders.mjs';
import { inChild } from '../lib/processes.mjs';
import { keyOf } from '../lib/requests.mjs';
import { ratios, spread } from '../lib/statistics.mjs';

const KEYS = 1_000_000;
const CHUNK_BYTES = 1024 * 1024;

export const figures = [
  {
    id: 'parsing',
    text: 'replay of 1,000,000 lines, checksums checked, indexes built, beside chunks and JSON.parse: processor time',
    unit: 'times',
    better: 'less',
    bound: 1,
  },
  { id: 'map', text: 'beside the same with key and value kept in a Map', unit: 'times', better: 'less' },
  { id: 'cpu', text: 'processor time of the replay, start of the process included', unit: 's', better: 'less' },
  { id: 'clock', text: 'time of the replay by the clock', unit: 's', better: 'less' },
  {
    id: 'peak',
    text: 'peak memory of the process beside the size of the file',
    unit: 'times',
    better: 'less',
    bound: 2.5,
  },
];

/** Processor time of this process, start and the collector's threads included: steadier than the clock where others work too. */
function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const peakBytes = () => process.resourceUsage().maxRSS * 1024;

/** Opens a store on the log and gives what that took. */
export async function replay(folder) {
  const { openLogStore } = await import('../../dist/libs/engine-wal/src/index.js');
  const begin = performance.now();
  const { store } = await openLogStore({ directory: folder, onFailure: () => process.exit(1) });
  const ms = performance.now() - begin;
  const { keys } = await store.stats();
  if (keys !== KEYS) throw new Error(`the store holds ${keys} keys instead of ${KEYS}`);
  return { ms, cpuMs: cpuMs(), peakBytes: peakBytes() };
}

/** Reads the log in chunks and parses each line; with `keep`, puts key and value into a `Map`, as a store without a checksum would. */
export async function parse(folder, keep) {
  const begin = performance.now();
  const file = await open(join(folder, 'wal.log'));
  const buffer = Buffer.allocUnsafeSlow(2 * CHUNK_BYTES);
  const map = new Map();
  let filled = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, filled, CHUNK_BYTES);
    if (bytesRead === 0) break;
    filled += bytesRead;
    let start = 0;
    for (let end = buffer.indexOf(10); end >= 0 && end < filled; end = buffer.indexOf(10, start)) {
      const line = JSON.parse(buffer.toString('utf8', start, end));
      if (keep) map.set(line.key, line.value);
      start = end + 1;
    }
    buffer.copyWithin(0, start, filled);
    filled -= start;
    buffer.fill(0, filled);
  }
  await file.close();
  return { ms: performance.now() - begin, cpuMs: cpuMs(), peakBytes: peakBytes() };
}

/** Replay beside reading the same file in chunks with `JSON.parse` of each line, a process each. */
export async function run({ folder, rounds, onRound }) {
  await writeLog(join(folder, 'wal.log'), KEYS, (i) => keyOf((i * STEP) % KEYS));
  const { size } = await stat(join(folder, 'wal.log'));
  const results = { replay: [], parsed: [], kept: [] };
  for (let round = 0; round < rounds; round++) {
    onRound(round);
    results.replay.push(await inChild(import.meta.url, 'replay', [folder]));
    results.parsed.push(await inChild(import.meta.url, 'parse', [folder, false]));
    results.kept.push(await inChild(import.meta.url, 'parse', [folder, true]));
  }
  const cpu = (name) => results[name].map((each) => each.cpuMs);
  return {
    settings: { lines: KEYS, file_bytes: size },
    values: {
      parsing: spread(ratios(cpu('replay'), cpu('parsed'))),
      map: spread(ratios(cpu('replay'), cpu('kept'))),
      cpu: spread(cpu('replay').map((ms) => ms / 1000)),
      clock: spread(results.replay.map(({ ms }) => ms / 1000)),
      peak: spread(results.replay.map((each) => each.peakBytes / size)),
    },
  };
}
