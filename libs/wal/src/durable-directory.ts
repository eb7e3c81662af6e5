import { dirname } from 'node:path';
import type { LogFileSystem } from './file-system.js';

/** Creates a folder so that it is still there after a power cut: each new name is synced in the folder above. */
export async function makeDurableDirectory(
  fileSystem: Pick<LogFileSystem, 'makeDirectory' | 'syncDirectory'>,
  directory: string,
): Promise<void> {
  const topmost = await fileSystem.makeDirectory(directory);
  if (topmost === undefined) return;
  const last = dirname(topmost);
  for (let parent = dirname(directory); ; parent = dirname(parent)) {
    // Few, and only at the first start.
    // oxlint-disable-next-line no-await-in-loop
    await fileSystem.syncDirectory(parent);
    if (parent === last || parent === dirname(parent)) return;
  }
}
