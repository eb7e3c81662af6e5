import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DataDirLockedError } from '@kvasir/kv-core';
import { nodeFileSystem } from '@kvasir/wal';
import { DirectoryLock } from './directory-lock.js';
import { openLogStore } from './open-log-store.js';

let parent: string;
let directory: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'kvasir-lock-'));
  directory = join(parent, 'data');
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
  await rm(parent, { recursive: true });
});

/** Another process that takes the lock on the directory's file, and keeps it until it ends. */
async function otherOwner(): Promise<ChildProcess> {
  const native = createRequire(import.meta.url).resolve('fs-native-extensions');
  const script = `
    const { mkdirSync, openSync, writeSync } = require('node:fs');
    const { tryLock } = require(${JSON.stringify(native)});
    mkdirSync(${JSON.stringify(directory)}, { recursive: true });
    const fd = openSync(${JSON.stringify(join(directory, 'lock'))}, 'a+');
    if (!tryLock(fd)) process.exit(1);
    writeSync(fd, JSON.stringify({ pid: process.pid, host: 'elsewhere', since: 'then' }));
    process.stdout.write('locked');
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  await once(child.stdout, 'data');
  return child;
}

describe('the lock on a data directory', () => {
  it('makes the directory for its owner alone, and names the owner', async () => {
    const lock = await DirectoryLock.acquire(directory);
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
    expect(JSON.parse(await readFile(join(directory, 'lock'), 'utf8'))).toMatchObject({ pid: process.pid });
    await lock.release();
  });

  it('has the name of each directory that it makes on disk before it goes on', async () => {
    const synced: string[] = [];
    const fileSystem = { ...nodeFileSystem, syncDirectory: async (path: string) => void synced.push(path) };
    const lock = await DirectoryLock.acquire(join(directory, 'below'), fileSystem);
    expect(synced).toEqual([directory, parent]);
    await lock.release();
  });

  it('keeps a second store of the same process out, until the first is closed', async () => {
    const options = { directory, onFailure: () => undefined };
    const { store } = await openLogStore(options);
    const refused = openLogStore(options);
    await expect(refused).rejects.toThrow(DataDirLockedError);
    await expect(refused).rejects.toThrow(`${directory} is in use by another process: ${process.pid} on `);
    await store.close();
    const again = await openLogStore(options);
    await again.store.close();
  });

  it('keeps another process out, and names it', async () => {
    const other = await otherOwner();
    await expect(DirectoryLock.acquire(directory)).rejects.toMatchObject({
      code: 'DATA_DIR_LOCKED',
      message: expect.stringContaining(`${other.pid} on elsewhere, since then`),
    });
  });

  it('is free at once when its owner was killed', async () => {
    const other = await otherOwner();
    other.kill('SIGKILL');
    await once(other, 'exit');
    const lock = await DirectoryLock.acquire(directory);
    expect(JSON.parse(await readFile(join(directory, 'lock'), 'utf8'))).toMatchObject({ pid: process.pid });
    await lock.release();
  });

  it('is not held by a file that was left, whatever process id that names', async () => {
    const before = await DirectoryLock.acquire(directory);
    await before.release();
    await writeFile(join(directory, 'lock'), JSON.stringify({ pid: process.ppid, host: 'here', since: 'then' }));
    const lock = await DirectoryLock.acquire(directory);
    expect(JSON.parse(await readFile(join(directory, 'lock'), 'utf8'))).toMatchObject({ pid: process.pid });
    await lock.release();
  });

  it('is given back when the log can not be opened', async () => {
    const before = await DirectoryLock.acquire(directory);
    await before.release();
    await writeFile(join(directory, 'wal.log'), 'not a log\nat all\n');
    const options = { directory, onFailure: () => undefined };
    await expect(openLogStore(options)).rejects.toMatchObject({ code: 'DATA_CORRUPT' });
    await expect(openLogStore(options)).rejects.toMatchObject({ code: 'DATA_CORRUPT' });
  });
});
