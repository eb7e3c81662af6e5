import { describe, expect, it } from '@jest/globals';
import { CompactionWriter } from './compaction-writer.js';
import { LogCorruptError, LogFullError, LogSyncError, LogWriteError } from './errors.js';
import { openLog } from './open-log.js';
import { read, RecordingVisitor, sealLine, setLine } from './testing/log-builder.js';
import { MemoryFileSystem, systemError, type FaultyOperation } from './testing/memory-file-system.js';
import type { LogWriter } from './writer.js';

const PATH = '/data/wal.log';
const TEMPORARY = '/data/wal.log.compact';
const NOW = 1_700_000_100_000;

/** A log of three lines, the last two of one transaction, opened. */
async function openedLog(oneCall = true): Promise<{ fileSystem: MemoryFileSystem; writer: LogWriter }> {
  const fileSystem = new MemoryFileSystem(oneCall);
  const { writer } = await openLog({ directory: '/data', visitor: new RecordingVisitor(), fileSystem });
  await writer.append(setLine(1, 1), 1);
  await writer.append(Buffer.concat([setLine(2, 2, [1, 2]), setLine(3, 2, [2, 2])]), 3);
  await writer.sync();
  return { fileSystem, writer };
}

/** Compacts a log while two lines come: one before the copy, one behind it. */
async function compact(fileSystem: MemoryFileSystem, writer: LogWriter): Promise<void> {
  const start = writer.compactionStart;
  const compaction = await CompactionWriter.create(fileSystem, PATH);
  try {
    compaction.addEntry('a', '1', Infinity, 1000, 1000, 1);
    await compaction.write();
    await writer.append(setLine(4, 4), 4);
    compaction.addEntry('b', '2', 9000, 2000, 500, 3);
    await compaction.endEntries(NOW, start.lastSeq);
    const copied = await writer.copyTo(compaction, start.bytes);
    await compaction.sync();
    await writer.append(setLine(5, writer.group), 5);
    await writer.switchTo(compaction, copied, NOW);
  } catch (error) {
    await compaction.abandon();
    throw error;
  }
}

async function contentOf(fileSystem: MemoryFileSystem): Promise<string[]> {
  return (await read([fileSystem.files.get(PATH)!.bytes])).events;
}

const COMPACTED = [
  'set a=1 expires Infinity at 1000 created undefined seq 1',
  'set b=2 expires 9000 at 2000 created 500 seq 3',
];
const V4 = 'set k4="v4" expires Infinity at 1700000001000 created undefined seq 4';
const V5 = 'set k5="v5" expires Infinity at 1700000001250 created undefined seq 5';

describe('CompactionWriter', () => {
  it('writes the live entries, their seal, what came meanwhile and a seal, and takes the place of the log', async () => {
    const { fileSystem, writer } = await openedLog();
    await compact(fileSystem, writer);
    expect(await contentOf(fileSystem)).toEqual([...COMPACTED, V4, V5]);
    const lines = fileSystem.files.get(PATH)!.bytes.toString().trimEnd().split('\n');
    expect(lines[2]).toMatch(/^\{"op":"seal","timestamp":1700000100,"seq":3,"lines":2,/);
    expect(lines[5]).toMatch(/^\{"op":"seal","timestamp":1700000100,"seq":5,"crc":/);
    expect([...fileSystem.files.keys()]).toEqual([PATH]);
    expect(writer.size).toBe(fileSystem.files.get(PATH)!.bytes.length);
  });

  it.each([
    [true, 'writeDurably'],
    [false, 'write'],
  ])(
    'has all of it on disk before it takes the place of the log, and the new name before anything is appended (in one call: %s)',
    async (oneCall, write) => {
      const { fileSystem, writer } = await openedLog(oneCall);
      fileSystem.calls.length = 0;
      await compact(fileSystem, writer);
      const calls = fileSystem.calls.slice(fileSystem.calls.lastIndexOf(`${write} ${TEMPORARY}`));
      expect(calls).toEqual([
        `${write} ${TEMPORARY}`,
        `sync ${TEMPORARY}`,
        `rename ${PATH}`,
        'syncDirectory /data',
        `close ${PATH}`,
      ]);
    },
  );

  it('has each piece on disk by itself where it can, with no sync of many', async () => {
    const { fileSystem, writer } = await openedLog();
    await compact(fileSystem, writer);
    expect(fileSystem.calls).not.toContain(`write ${TEMPORARY}`);
    expect(fileSystem.calls).not.toContain(`datasync ${TEMPORARY}`);
  });

  it('gives the old file back bit by bit where it can', async () => {
    const { fileSystem, writer } = await openedLog();
    let discarded = 0;
    Object.assign(fileSystem.files.get(PATH)!, { discard: async () => discarded++ });
    await compact(fileSystem, writer);
    expect(discarded).toBe(1);
    expect(fileSystem.calls).not.toContain(`close ${PATH}`);
  });

  it('lets the log go on in the new file, with a group of its own', async () => {
    const { fileSystem, writer } = await openedLog();
    await compact(fileSystem, writer);
    expect([writer.lastSeq, writer.group, writer.synced]).toEqual([5, 6, true]);
    await writer.append(setLine(6, 6), 6);
    await writer.seal(NOW);
    expect((await contentOf(fileSystem)).slice(3)).toEqual([V5, expect.stringContaining('set k6=')]);
  });

  it('can be compacted again', async () => {
    const { fileSystem, writer } = await openedLog();
    await compact(fileSystem, writer);
    const again = await CompactionWriter.create(fileSystem, PATH);
    const start = writer.compactionStart;
    await again.endEntries(NOW, start.lastSeq);
    await writer.switchTo(again, start.bytes, NOW);
    // Without entries the second seal stands for the first: a flipped bit in either one is found.
    const bytes = fileSystem.files.get(PATH)!.bytes;
    expect(bytes).toEqual(Buffer.concat([sealLine(5, 0), sealLine(5)]));
    expect((await read([bytes])).contents).toMatchObject({ lastSeq: 5, lines: 0, sealed: true });
  });

  it('begins behind the newline that the last line of another program lacks', async () => {
    const fileSystem = new MemoryFileSystem();
    await fileSystem.open(PATH, 'create');
    fileSystem.files.get(PATH)!.bytes = Buffer.from('{"op":"set","key":"x","value":1,"timestamp":5}');
    const { writer } = await openLog({ directory: '/data', visitor: new RecordingVisitor(), fileSystem });
    const start = writer.compactionStart;
    expect(start).toEqual({ lastSeq: 1, bytes: 47 });
    const compaction = await CompactionWriter.create(fileSystem, PATH);
    compaction.addEntry('x', '1', Infinity, 5000, 5000, 1);
    await compaction.endEntries(NOW, 1);
    expect(await writer.copyTo(compaction, start.bytes)).toBe(start.bytes);
    await writer.append(setLine(2, 2), 2);
    await writer.switchTo(compaction, start.bytes, NOW);
    expect(await contentOf(fileSystem)).toHaveLength(2);
  });

  it('shows every flipped byte of what it wrote as corruption, but in the last seal', async () => {
    const { fileSystem, writer } = await openedLog();
    await compact(fileSystem, writer);
    const whole = fileSystem.files.get(PATH)!.bytes;
    const lastSeal = whole.length - sealLine(5).length;
    for (let at = 0; at < lastSeal; at++) {
      const flipped = Buffer.from(whole);
      flipped[at]! ^= 1;
      // oxlint-disable-next-line no-await-in-loop
      await expect(read([flipped])).rejects.toThrow(LogCorruptError);
    }
    const cut = Buffer.from(whole);
    cut[whole.length - 5]! ^= 1;
    expect((await read([cut])).events).toEqual(await contentOf(fileSystem));
  });

  const FAULTS: [FaultyOperation, string, typeof LogWriteError][] = [
    ['open', 'EACCES', LogWriteError],
    ['write', 'ENOSPC', LogFullError],
    ['write', 'EIO', LogWriteError],
    ['datasync', 'EIO', LogWriteError],
    ['writeDurably', 'ENOSPC', LogFullError],
    ['writeDurably', 'EIO', LogWriteError],
    ['sync', 'EIO', LogWriteError],
    ['rename', 'ENOSPC', LogFullError],
  ];
  it.each(FAULTS)('leaves the log as it was when %s fails with %s', async (operation, code, type) => {
    const { fileSystem, writer } = await openedLog(operation !== 'write' && operation !== 'datasync');
    fileSystem.failNextOn(operation, TEMPORARY, code);
    await expect(compact(fileSystem, writer)).rejects.toThrow(type);
    expect([...fileSystem.files.keys()]).toEqual([PATH]);
    expect(writer.failure).toBeUndefined();
    const next = writer.lastSeq + 1;
    await writer.append(setLine(next, writer.group), next);
    expect(await contentOf(fileSystem)).toHaveLength(next);
  });

  it('takes nothing more when it is left open which file has the name', async () => {
    const { fileSystem, writer } = await openedLog();
    fileSystem.failNext('syncDirectory', 'EIO');
    await expect(compact(fileSystem, writer)).rejects.toThrow(LogSyncError);
    await expect(writer.append(setLine(6, 6), 6)).rejects.toBe(writer.failure);
  });

  it('takes nothing more when a rename fails that was done', async () => {
    const { fileSystem, writer } = await openedLog();
    const { rename } = fileSystem;
    fileSystem.rename = async (from, to) => {
      await rename.call(fileSystem, from, to);
      throw systemError('EIO');
    };
    await expect(compact(fileSystem, writer)).rejects.toThrow(LogSyncError);
    expect(writer.failure).toBeInstanceOf(LogSyncError);
    expect(await contentOf(fileSystem)).toEqual([...COMPACTED, V4, V5]);
  });

  it('is removed by the next start, and by the next attempt, when it was cut off', async () => {
    const { fileSystem, writer } = await openedLog();
    await CompactionWriter.create(fileSystem, PATH);
    await CompactionWriter.create(fileSystem, PATH);
    expect(fileSystem.files.has(TEMPORARY)).toBe(true);
    await writer.close();
    const { report } = await openLog({ directory: '/data', visitor: new RecordingVisitor(), fileSystem });
    expect(report.lines).toBe(3);
    expect([...fileSystem.files.keys()]).toEqual([PATH]);
  });
});
