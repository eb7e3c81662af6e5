import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestServices } from '@kvasir/test-harness';
import { LineEncoder } from '@kvasir/wal';

/** Of the repository. */
export const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
/** The built program. */
export const MAIN = join(ROOT, 'dist/apps/cli/src/main.js');
/** When the sample was written, Unix milliseconds. */
export const T = 1_700_000_000_000;

/** How a run of the program ended. */
export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program to its end. */
export function kvasir(...args: string[]): Ran {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { status, stdout, stderr };
}

/** Lines by number: 1 and 2 stand alone, 3 to 5 are a transaction, 6 is alone again, 7 is a seal. */
export function sampleLines(): Buffer[] {
  const line = (encode: (encoder: LineEncoder) => void): Buffer => {
    const encoder = new LineEncoder();
    encode(encoder);
    return Buffer.from(encoder.bytes());
  };
  return [
    line((e) => e.encodeSet('user:1', '"Alice"', Infinity, T, undefined, 1, 1)),
    line((e) => e.encodeSet('user:2', '"\u009b[2J"', T + 5000, T + 1, undefined, 2, 2)),
    line((e) => e.encodeSet('c', '{"op":"set"}', Infinity, T + 2, undefined, 3, 3, 1, 3)),
    line((e) => e.encodeSet('d', '[1.10]', Infinity, T + 2, undefined, 4, 3, 2, 3)),
    line((e) => e.encodeDelete('user:1', T + 2, 5, 3, 3, 3)),
    line((e) => e.encodeSet('e\n', '12345678901234567890', Infinity, T + 3, undefined, 6, 6)),
    line((e) => e.encodeSeal(T + 4, 6)),
  ];
}

/** A log as another program writes it. */
export const FOREIGN =
  '{"op":"set","key":"a","value": {"x": 1},"timestamp":1600000000}\n{"op":"delete","key":"b","timestamp":1600000001}\n';

/** Data directories with logs in them, which are removed with the services' own. */
export function useLogs(services: TestServices) {
  /** A data directory with these bytes as its log. */
  function withLog(...parts: (Buffer | string)[]): string {
    const directory = services.directory();
    writeFileSync(join(directory, 'wal.log'), Buffer.concat(parts.map((part) => Buffer.from(part))));
    return directory;
  }

  /** The sample, with one bit of a line changed. */
  function withDamage(line: number, at = 20): { directory: string; offset: number } {
    const lines = sampleLines();
    lines[line - 1]![at]! ^= 1;
    return { directory: withLog(...lines), offset: Buffer.concat(lines.slice(0, line - 1)).length };
  }

  function log(directory: string): Buffer {
    return readFileSync(join(directory, 'wal.log'));
  }

  /** A service's keys and values over the directory. */
  async function served(directory: string): Promise<Record<string, string>> {
    const service = await services.start({ directory });
    const { keys } = JSON.parse((await service.http.get('/kv')).text) as { keys: string[] };
    const held: Record<string, string> = {};
    for (const key of keys) held[key] = (await service.http.get(`/kv/${encodeURIComponent(key)}`)).text;
    await service.stop();
    return held;
  }

  return { withLog, withDamage, log, served };
}
