import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { foreignLine, secondsAgo, writeLog } from './log-file.js';

/** A log of some MiB: the replay reads it in several steps. */
const LINES = 4000;
const VALUE = 'v'.repeat(1000);

/** A start that stops in the midst of its replay, until it is let go. */
export interface HeldReplay {
  /** For Node.js: holds the replay. */
  readonly nodeFlags: readonly string[];
  readonly directory: string;
  /** How many keys the log holds: `key0`, `key1`, … */
  readonly keys: number;
  release(): void;
}

/** Puts a log into the directory, and has every read of a chunk behind its first MiB wait while a file is there; the look for the log's end, which comes before, reads less. */
export function holdReplay(directory: string): HeldReplay {
  const timestamp = secondsAgo(60);
  const lines = Array.from({ length: LINES }, (_, i) =>
    foreignLine({ op: 'set', key: `key${i}`, value: VALUE, timestamp }),
  );
  writeLog(directory, lines.join(''));
  const held = join(directory, 'held');
  writeFileSync(held, '');
  const module = `
    import { existsSync } from 'node:fs';
    import { open } from 'node:fs/promises';
    import { setTimeout } from 'node:timers/promises';
    const handle = await open(${JSON.stringify(held)});
    const files = Object.getPrototypeOf(handle);
    await handle.close();
    const { read } = files;
    files.read = async function (...args) {
      while (args[3] >= 1048576 && args[2] > 65536 && existsSync(${JSON.stringify(held)})) await setTimeout(5);
      return read.apply(this, args);
    };`;
  return {
    nodeFlags: ['--import', `data:text/javascript,${encodeURIComponent(module)}`],
    directory,
    keys: LINES,
    release: () => rmSync(held, { force: true }),
  };
}
