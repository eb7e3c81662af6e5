import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A disk that can be made full, for a service that is started with these flags. */
export interface DiskFault {
  /** For Node.js. */
  readonly nodeFlags: readonly string[];
  /** From now on a write to a file at a position of more than `largestWrite` bytes fails as on a full disk. */
  fill(largestWrite: number): void;
  /** From now on the disk says that it has so many bytes left; writes to it still work. */
  leave(bytes: number): void;
  free(): void;
}

/** @param directory a folder of the test's own */
export function diskFault(directory: string): DiskFault {
  const largest = join(directory, 'largest-write');
  const left = join(directory, 'bytes-left');
  const module = `
    import fs from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    const numberIn = (file) => {
      try {
        return Number(fs.readFileSync(file, 'utf8'));
      } catch {
        return Infinity;
      }
    };
    const limit = () => numberIn(${JSON.stringify(largest)});
    const { statfs } = fs.promises;
    fs.promises.statfs = async (path) => {
      const free = numberIn(${JSON.stringify(left)});
      return free === Infinity ? statfs(path) : { bsize: 1, bavail: free };
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
    leave: (bytes) => writeFileSync(left, String(bytes)),
    free: () => [largest, left].forEach((file) => rmSync(file, { force: true })),
  };
}
