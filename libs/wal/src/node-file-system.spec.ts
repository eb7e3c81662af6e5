import { constants } from 'node:fs';
import { link, mkdtemp, readdir, readFile, readlink, rm, stat, statfs, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { LogFile } from './file-system.js';
import { nodeFileSystem } from './node-file-system.js';

const itOnLinux = process.platform === 'linux' ? it : it.skip;

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

/** Whether each descriptor that this process has of a file waits for the disk when it is written to. */
async function descriptors(path: string): Promise<boolean[]> {
  const numbers = await readdir('/proc/self/fd');
  const links = await Promise.all(numbers.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
  const ours = numbers.filter((_, i) => links[i] === path);
  const infos = await Promise.all(ours.map((fd) => readFile(`/proc/self/fdinfo/${fd}`, 'utf8')));
  const flags = infos.map((info) => Number.parseInt(/flags:\s+(\d+)/.exec(info)![1]!, 8));
  return flags.map((flag) => (flag & constants.O_DSYNC) !== 0);
}

describe('open', () => {
  itOnLinux('gives a file that is written to a second descriptor, for writes that wait for the disk', async () => {
    const path = join(parent, 'log');
    const created = await nodeFileSystem.open(path, 'create');
    expect(new Set(await descriptors(path))).toEqual(new Set([false, true]));
    // Only of some file systems is it known.
    const inPlace = [0xef53, 0x58465342].includes((await statfs(parent)).type);
    expect(created.overwritesInPlace).toBe(inPlace);
    expect(await created.writeDurably!(Buffer.from('abcd'), 1, 3, 2)).toBe(3);
    await created.close();
    const updated = await nodeFileSystem.open(path, 'update');
    expect(new Set(await descriptors(path))).toEqual(new Set([false, true]));
    await updated.close();
    expect(await readFile(path, 'utf8')).toBe('\0\0bcd');
    const read = await nodeFileSystem.open(path, 'read');
    expect(await descriptors(path)).toEqual([false]);
    expect(read.writeDurably).toBeUndefined();
    await read.close();
    expect(await descriptors(path)).toEqual([]);
  });
});

describe('discard', () => {
  const MIB = 1024 * 1024;

  /** A file of 10 MiB, and what reads it. */
  async function largeFile(path: string): Promise<{ file: LogFile; reader: LogFile }> {
    const file = await nodeFileSystem.open(path, 'create');
    await file.write(Buffer.from('x'), 0, 1, 10 * MIB - 1);
    return { file, reader: await nodeFileSystem.open(path, 'read') };
  }

  it('frees a file that has lost its name piece by piece, and closes it', async () => {
    const path = join(parent, 'log');
    const { file, reader } = await largeFile(path);
    await unlink(path);
    await file.discard!();
    // Two pieces of 4 MiB; the rest goes with the last that has it open.
    expect(await reader.size()).toBe(2 * MIB);
    await reader.close();
    await expect(file.size()).rejects.toMatchObject({ code: 'EBADF' });
  });

  it('leaves one alone that somebody has linked to', async () => {
    const path = join(parent, 'log');
    const { file, reader } = await largeFile(path);
    await link(path, join(parent, 'link'));
    await unlink(path);
    await file.discard!();
    expect(await reader.size()).toBe(10 * MIB);
    await reader.close();
    await expect(file.size()).rejects.toMatchObject({ code: 'EBADF' });
  });
});
