import type { LogFile } from '@kvasir/wal';

/** A file to read, each read of which waits for `ready`: so that what the last one gave is taken before more comes. */
export function paced(file: LogFile, ready: () => Promise<void>): Pick<LogFile, 'read' | 'size'> {
  return {
    size: () => file.size(),
    async read(target, offset, length, position) {
      await ready();
      return file.read(target, offset, length, position);
    },
  };
}
