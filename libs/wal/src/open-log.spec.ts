import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LineEncoder } from './encoder.js';
import type { LogFileSystem } from './file-system.js';
import { nodeFileSystem } from './node-file-system.js';
import { openLog, type OpenedLog } from './open-log.js';
import { RecordingVisitor, sealLine, setLine } from './testing/log-builder.js';
import { MemoryFile, MemoryFileSystem } from './testing/memory-file-system.js';

const NOW = Date.UTC(2023, 10, 14, 22, 13, 20, 250);
const TORN_NAME = 'wal.log.torn-2023-11-14T22-13-20.250Z';

let directory: string;
let log: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kvasir-wal-'));
  log = join(directory, 'wal.log');
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

async function open(visitor = new RecordingVisitor(), folder = directory): Promise<OpenedLog & { events: string[] }> {
  const opened = await openLog({ directory: folder, visitor, now: () => NOW });
  return { ...opened, events: visitor.events };
}

describe('openLog', () => {
  it('creates the folder, those above it, and an empty log, for the owner alone', async () => {
    const folder = join(directory, 'a', 'b');
    const { report, writer } = await open(undefined, folder);
    await writer.close();
    expect(report).toMatchObject({
      path: join(folder, 'wal.log'),
      created: true,
      bytes: 0,
      lastSeq: 0,
      tornTail: undefined,
    });
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(report.path)).mode & 0o777).toBe(0o600);
  });

  it('syncs the name of every folder that it creates', async () => {
    const synced: string[] = [];
    const fileSystem: LogFileSystem = {
      ...nodeFileSystem,
      async syncDirectory(path) {
        synced.push(path);
        await nodeFileSystem.syncDirectory(path);
      },
    };
    const folder = join(directory, 'a', 'b');
    const visitor = new RecordingVisitor();
    await (await openLog({ directory: folder, visitor, fileSystem })).writer.close();
    expect(synced).toEqual([join(directory, 'a'), directory, folder]);
  });

  it('replays what earlier runs wrote, and goes on behind it', async () => {
    const encoder = new LineEncoder();
    const first = await open();
    encoder.encodeSet('a', '1', Infinity, 1000, undefined, 1, first.writer.group);
    encoder.encodeSet('b', '2', 6500, 1250, undefined, 2, first.writer.group);
    await first.writer.append(encoder.bytes(), 2);
    await first.writer.sync();
    await first.writer.close();

    const second = await open();
    expect(second.report).toMatchObject({ created: false, sealed: false, lines: 2, lastSeq: 2, lastTimestamp: 1250 });
    expect(second.writer.group).toBe(3);
    encoder.reset();
    encoder.encodeDelete('a', 2000, 3, second.writer.group);
    await second.writer.append(encoder.bytes(), 3);
    await second.writer.seal(3000);
    await second.writer.close();

    const third = await open();
    await third.writer.close();
    expect(third.report).toMatchObject({
      sealed: true,
      lines: 3,
      lastSeq: 3,
      lastTimestamp: 3000,
      tornTail: undefined,
    });
    expect(third.events).toEqual([
      'set a=1 expires Infinity at 1000 created undefined seq 1',
      'set b=2 expires 6500 at 1250 created undefined seq 2',
      'delete a at 2000 seq 3',
    ]);
  });

  it("goes on behind another program's log that lacks its last newline", async () => {
    await writeFile(log, '{"op":"set","key":"a","value":1,"timestamp":1}');
    const first = await open();
    await first.writer.append(setLine(2, first.writer.group), 2);
    await first.writer.close();
    const second = await open();
    await second.writer.close();
    expect(second.report).toMatchObject({ lines: 2, foreignLines: 1, lastSeq: 2, tornTail: undefined });
  });

  it('saves a torn tail, cuts the log, and starts', async () => {
    const good = Buffer.concat([setLine(1, 1), setLine(2, 2)]);
    const tail = Buffer.concat([setLine(3, 3, [1, 2]), setLine(4, 3, [2, 2]).subarray(0, 40)]);
    await writeFile(log, Buffer.concat([good, tail]));
    const { report, writer, events } = await open();
    const savedTo = join(directory, TORN_NAME);
    expect(report.tornTail).toEqual({
      offset: good.length + setLine(3, 3, [1, 2]).length,
      line: 4,
      reason: 'does not end in a checksum',
      cutOffset: good.length,
      cutBytes: tail.length,
      savedTo,
    });
    expect(events).toHaveLength(2);
    expect(await readFile(savedTo)).toEqual(tail);
    expect((await stat(savedTo)).mode & 0o777).toBe(0o600);
    expect(await readFile(log)).toEqual(good);
    await writer.append(setLine(3, writer.group), 3);
    await writer.close();
    const again = await open();
    await again.writer.close();
    expect(again.report).toMatchObject({ lastSeq: 3, tornTail: undefined });
  });

  it('saves a long torn tail whole', async () => {
    const tail = Buffer.alloc(2_500_000, 'x');
    await writeFile(log, Buffer.concat([setLine(1, 1), tail]));
    const { writer } = await open();
    await writer.close();
    expect((await readFile(join(directory, TORN_NAME))).equals(tail)).toBe(true);
  });

  it('never overwrites a file with the copy of a torn tail', async () => {
    for (const tail of ['one', 'two', 'three']) {
      /* oxlint-disable no-await-in-loop */
      await writeFile(log, tail);
      await (await open()).writer.close();
      /* oxlint-enable no-await-in-loop */
    }
    expect((await readdir(directory)).sort()).toEqual(['wal.log', TORN_NAME, `${TORN_NAME}-2`, `${TORN_NAME}-3`]);
    expect(await readFile(join(directory, TORN_NAME), 'utf8')).toBe('one');
    expect(await readFile(join(directory, `${TORN_NAME}-2`), 'utf8')).toBe('two');
    expect(await readFile(join(directory, `${TORN_NAME}-3`), 'utf8')).toBe('three');
  });

  it('changes not one byte of a corrupt log', async () => {
    const first = setLine(1, 1);
    const bytes = Buffer.concat([first, setLine(3, 3), sealLine(3)]);
    await writeFile(log, bytes);
    await expect(open()).rejects.toMatchObject({ code: 'LOG_CORRUPT', file: log, offset: first.length, line: 2 });
    expect(await readdir(directory)).toEqual(['wal.log']);
    expect(await readFile(log)).toEqual(bytes);
  });

  it('tells how far it is', async () => {
    await writeFile(log, Buffer.concat([setLine(1, 1, undefined, `"${'x'.repeat(3_000_000)}"`), setLine(2, 2)]));
    const { size } = await stat(log);
    const seen: number[] = [];
    const { writer } = await openLog({
      directory,
      visitor: new RecordingVisitor(),
      onProgress: (done, total) => {
        expect(total).toBe(size);
        seen.push(done);
      },
    });
    await writer.close();
    expect(seen.length).toBeGreaterThan(2);
    expect(seen.at(-1)).toBe(size);
  });

  it('fails with the error of the system when the log can not be opened', async () => {
    await rm(directory, { recursive: true });
    await writeFile(directory, '');
    await expect(open()).rejects.toMatchObject({ code: expect.stringMatching(/EEXIST|ENOTDIR/) });
  });
});

describe('openLog on a failing disk', () => {
  const path = join('/data', 'wal.log');
  const torn = Buffer.concat([setLine(1, 1), Buffer.from('torn')]);

  function disk(bytes: Buffer): MemoryFileSystem {
    const fileSystem = new MemoryFileSystem();
    const file = new MemoryFile(fileSystem, path);
    file.bytes = bytes;
    fileSystem.files.set(path, file);
    return fileSystem;
  }

  function openOn(fileSystem: MemoryFileSystem): Promise<OpenedLog> {
    return openLog({ directory: '/data', visitor: new RecordingVisitor(), fileSystem, now: () => NOW });
  }

  it('syncs the copy and its name before it cuts, then the cut, then the folder', async () => {
    const fileSystem = disk(torn);
    await openOn(fileSystem);
    const copy = join('/data', TORN_NAME);
    expect(fileSystem.calls).toEqual([
      'makeDirectory /data',
      `open ${path}`,
      `open ${copy}`,
      `write ${copy}`,
      `sync ${copy}`,
      `close ${copy}`,
      'syncDirectory /data',
      `truncate ${path}`,
      `sync ${path}`,
      `sync ${path}`,
      'syncDirectory /data',
    ]);
  });

  it('syncs a log that it has only read, and one that it creates with its folder', async () => {
    const old = disk(setLine(1, 1));
    await openOn(old);
    expect(old.calls.slice(2)).toEqual([`sync ${path}`, 'syncDirectory /data']);
    const fresh = new MemoryFileSystem();
    await openOn(fresh);
    expect(fresh.calls.slice(2)).toEqual([`open ${path}`, `sync ${path}`, 'syncDirectory /data']);
  });

  it.each([
    ['write', 'ENOSPC', 'LOG_FULL'],
    ['sync', 'EIO', 'LOG_WRITE_FAILED'],
    ['syncDirectory', 'EIO', 'LOG_WRITE_FAILED'],
  ] as const)('leaves the log as it is when saving the tail fails at %s', async (operation, errno, code) => {
    const fileSystem = disk(torn);
    fileSystem.failNext(operation, errno, 2);
    await expect(openOn(fileSystem)).rejects.toMatchObject({ code });
    expect(fileSystem.files.get(path)!.bytes).toEqual(torn);
    expect([...fileSystem.files.keys()]).toEqual([path]);
    expect(fileSystem.calls).toContain(`close ${path}`);
    // Once the disk is well, the next start does all of it.
    expect((await openOn(fileSystem)).report.tornTail?.savedTo).toBe(join('/data', TORN_NAME));
  });

  it('fails, closed, when the cut fails', async () => {
    const fileSystem = disk(torn);
    fileSystem.failNext('truncate', 'EIO');
    await expect(openOn(fileSystem)).rejects.toMatchObject({ code: 'LOG_WRITE_FAILED' });
    expect(fileSystem.calls.at(-1)).toBe(`close ${path}`);
  });

  it.each(['sync', 'syncDirectory'] as const)('fails, closed, when %s fails on a sound log', async (operation) => {
    const fileSystem = disk(setLine(1, 1));
    fileSystem.failNext(operation, 'EIO');
    await expect(openOn(fileSystem)).rejects.toMatchObject({ code: 'LOG_SYNC_FAILED' });
    expect(fileSystem.calls.at(-1)).toBe(`close ${path}`);
  });

  it('fails with the error of the system when reading fails', async () => {
    const fileSystem = disk(setLine(1, 1));
    fileSystem.failNext('read', 'EIO');
    await expect(openOn(fileSystem)).rejects.toMatchObject({ code: 'EIO' });
    expect(fileSystem.calls.at(-1)).toBe(`close ${path}`);
  });
});
