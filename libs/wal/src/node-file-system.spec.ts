import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { nodeFileSystem } from './node-file-system.js';

let parent: string;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'kvasir-file-system-'));
});
afterEach(() => rm(parent, { recursive: true }));

describe('makeDirectory', () => {
  it('makes a folder and those above it for the owner alone, and gives the topmost that it made', async () => {
    const path = join(parent, 'a', 'b', 'c');
    expect(await nodeFileSystem.makeDirectory(path)).toBe(join(parent, 'a'));
    for (const made of [path, join(parent, 'a')]) expect((await stat(made)).mode & 0o777).toBe(0o700);
    expect(await nodeFileSystem.makeDirectory(path)).toBeUndefined();
    expect(await nodeFileSystem.makeDirectory(join(path, 'd'))).toBe(join(path, 'd'));
  });

  it('says so where a file is in the way', async () => {
    await writeFile(join(parent, 'file'), '');
    await expect(nodeFileSystem.makeDirectory(join(parent, 'file'))).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(nodeFileSystem.makeDirectory(join(parent, 'file', 'a'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  // Where there is no such folder, as on macOS, this is one that can't be made for another reason.
  it('ends where the folder above is there and none can be made in it', async () => {
    await expect(nodeFileSystem.makeDirectory('/proc/kvasir/data')).rejects.toThrow(/mkdir '\/proc/);
  });
});
