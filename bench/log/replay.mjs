import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openLogStore } from '../../dist/libs/engine-wal/src/index.js';
import { inChild, median, withFolder, writeLog } from './support.mjs';

const KEYS = 1_000_000;
const ROUNDS = 5;
const CHUNK_BYTES = 1024 * 1024;

/** Processor time of this process, start and the collector's threads included: steadier than the clock where others work too. */
function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Opens a store on the log and gives what that took. */
export async function replay(folder) {
  const begin = performance.now();
  const { store } = await openLogStore({ directory: folder, onFailure: () => process.exit(1) });
  const ms = performance.now() - begin;
  const { keys } = await store.stats();
  return { ms, cpuMs: cpuMs(), keys, peakBytes: process.resourceUsage().maxRSS * 1024 };
}

/** Reads the log in chunks and parses each line; with `keep`, puts key and value into a `Map`, as a store without a checksum would. */
export async function parse(folder, keep) {
  const begin = performance.now();
  const file = await open(join(folder, 'wal.log'));
  const buffer = Buffer.allocUnsafeSlow(2 * CHUNK_BYTES);
  const map = new Map();
  let keys = 0;
  let filled = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, filled, CHUNK_BYTES);
    if (bytesRead === 0) break;
    filled += bytesRead;
    let start = 0;
    for (let end = buffer.indexOf(10); end >= 0 && end < filled; end = buffer.indexOf(10, start)) {
      const line = JSON.parse(buffer.toString('utf8', start, end));
      if (keep) map.set(line.key, line.value);
      keys++;
      start = end + 1;
    }
    buffer.copyWithin(0, start, filled);
    filled -= start;
    buffer.fill(0, filled);
  }
  await file.close();
  return { ms: performance.now() - begin, cpuMs: cpuMs(), keys, peakBytes: process.resourceUsage().maxRSS * 1024 };
}

/** Replay beside reading the same file in chunks with `JSON.parse` of each line. */
export async function run() {
  await withFolder(async (folder) => {
    await writeLog(join(folder, 'wal.log'), KEYS);
    const { size } = await stat(join(folder, 'wal.log'));
    const results = { replay: [], parsed: [], kept: [] };
    for (let round = 0; round < ROUNDS; round++) {
      results.replay.push(await inChild(import.meta.url, 'replay', [folder]));
      results.parsed.push(await inChild(import.meta.url, 'parse', [folder, false]));
      results.kept.push(await inChild(import.meta.url, 'parse', [folder, true]));
    }
    const peak = Math.max(...results.replay.map(({ peakBytes }) => peakBytes));
    console.log(`${KEYS} lines, ${(size / 1e6).toFixed(0)} MB, medians of ${ROUNDS} interleaved runs, a process each`);
    const words = {
      replay: 'replay, checksums checked, index built',
      parsed: 'chunks, JSON.parse of each line',
      kept: 'the same, key and value kept in a Map',
    };
    for (const name of Object.keys(words)) {
      const middle = (member) => median(results[name].map((result) => result[member])).toFixed(0);
      const ratio = (member) =>
        median(results[name].map((result, i) => results.replay[i][member] / result[member])).toFixed(2);
      console.log(
        `${words[name].padEnd(40)} ${middle('ms')} ms, ${middle('cpuMs')} ms of processor time: replay takes ${ratio('ms')} and ${ratio('cpuMs')} times that`,
      );
    }
    console.log(
      `peak memory of the replaying process: ${(peak / 1e6).toFixed(0)} MB, ${(peak / size).toFixed(2)} times the file`,
    );
  });
}
