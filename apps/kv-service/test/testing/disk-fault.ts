import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A disk that can be made full, for a service that is started with these flags. */
export interface DiskFault {
  /** For Node.js. */
  readonly nodeFlags: readonly string[];
  /** From now on a write to a file at a position of more than `largestWrite` bytes fails as on a full disk. */
  fill(largestWrite: number): void;
  free(): void;
}

/** @param directory a folder of the test's own */
export function diskFault(directory: string): DiskFault {
  const largest = join(directory, 'largest-write');
  const module = `
    import fs from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    const limit = () => {
      try {
        return Number(fs.readFileSync(${JSON.stringify(largest)}, 'utf8'));
      } catch {
        return Infinity;
      }
    };
    const full = () =>
      Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write' });
    const { write } = fs;
    fs.write = (fd, source, offset, length, position, done) => {
      if (typeof length === 'number' && length > limit()) process.nextTick(done, full());
      else write(fd, source, offset, length, position, done);
    };
    syncBuiltinESMExports();
    const handle = await fs.promises.open('/dev/null');
    const files = Object.getPrototypeOf(handle);
    await handle.close();
    const writeByHandle = files.write;
    files.write = async function (...args) {
      if (args[2] > limit()) throw full();
      return writeByHandle.apply(this, args);
    };`;
  return {
    nodeFlags: ['--import', `data:text/javascript,${encodeURIComponent(module)}`],
    fill: (largestWrite) => writeFileSync(largest, String(largestWrite)),
    free: () => rmSync(largest, { force: true }),
  };
}
