import { describe, expect, it } from '@jest/globals';
import { LogFullError, LogSyncError, LogWriteError } from './errors.js';
import { deleteLine, read, sealLine, setLine } from './testing/log-builder.js';
import { MemoryFile, MemoryFileSystem, systemError } from './testing/memory-file-system.js';
import { LogWriter } from './writer.js';

const PATH = '/data/wal.log';

const NOW = 1_700_000_100_000;

function openWriter(
  newlineOwed = false,
  hasOwnLines = true,
): { fileSystem: MemoryFileSystem; file: MemoryFile; writer: LogWriter } {
  const fileSystem = new MemoryFileSystem();
  const file = new MemoryFile(fileSystem, PATH);
  fileSystem.files.set(PATH, file);
  return { fileSystem, file, writer: new LogWriter(file, PATH, { bytes: 0, lastSeq: 0, hasOwnLines, newlineOwed }) };
}

describe('LogWriter', () => {
  it('appends groups behind each other, each with one write, and moves the group with each sync', async () => {
    const { fileSystem, file, writer } = openWriter();
    expect(writer.group).toBe(1);
    await writer.append(Buffer.concat([setLine(1, 1), setLine(2, 1)]), 2);
    expect([writer.lastSeq, writer.group]).toEqual([2, 1]);
    await writer.sync();
    expect(writer.group).toBe(3);
    await writer.append(setLine(3, 3), 3);
    expect(fileSystem.calls).toEqual([`write ${PATH}`, `datasync ${PATH}`, `write ${PATH}`]);
    expect(file.bytes).toEqual(Buffer.concat([setLine(1, 1), setLine(2, 1), setLine(3, 3)]));
    expect(writer.size).toBe(file.bytes.length);
  });

  it('counts for a sync only what was written before it began', async () => {
    const { file, writer } = openWriter();
    let finish = (): void => undefined;
    file.datasync = () => new Promise((resolve) => (finish = resolve));
    await writer.append(setLine(1, 1), 1);
    const sync = writer.sync();
    await writer.append(setLine(2, 1), 2);
    expect(writer.group).toBe(1);
    finish();
    await sync;
    expect([writer.lastSeq, writer.group]).toEqual([2, 2]);
  });

  it('ends with a seal that is synced, and so is all before it', async () => {
    const { fileSystem, file, writer } = openWriter();
    await writer.append(deleteLine(1, 1), 1);
    await writer.seal(1_700_000_100_000);
    await writer.close();
    expect(file.bytes).toEqual(Buffer.concat([deleteLine(1, 1), sealLine(1)]));
    expect(fileSystem.calls.slice(1)).toEqual([
      `datasync ${PATH}`,
      `write ${PATH}`,
      `datasync ${PATH}`,
      `close ${PATH}`,
    ]);
  });

  it("syncs the first line of a new log by itself, so that the next group can be told from another program's log", async () => {
    const { fileSystem, file, writer } = openWriter(false, false);
    await writer.append(setLine(1, 1), 1);
    expect(writer.group).toBe(2);
    await writer.sync();
    await writer.append(Buffer.concat([setLine(2, 2), setLine(3, 2)]), 3);
    expect(fileSystem.calls).toEqual([`write ${PATH}`, `datasync ${PATH}`, `write ${PATH}`]);
    expect(file.bytes).toEqual(Buffer.concat([setLine(1, 1), setLine(2, 2), setLine(3, 2)]));
  });

  it('syncs the first line of a new log before the others of its group', async () => {
    const { fileSystem, file, writer } = openWriter(true, false);
    await writer.append(Buffer.concat([setLine(1, 1), setLine(2, 1), setLine(3, 1)]), 3);
    expect(fileSystem.calls).toEqual([`write ${PATH}`, `datasync ${PATH}`, `write ${PATH}`]);
    expect(file.bytes).toEqual(Buffer.concat([Buffer.from('\n'), setLine(1, 1), setLine(2, 1), setLine(3, 1)]));
    expect(writer.group).toBe(1);
    // Two damaged lines without a sound end would be refused in another program's log; here they are a torn tail.
    const torn = Buffer.from(file.bytes.subarray(1));
    for (const line of [setLine(2, 1), setLine(3, 1)]) {
      const at = torn.indexOf(line);
      torn.fill(0, at + 20, at + line.length - 1);
    }
    expect((await read([torn])).contents).toMatchObject({ bytes: setLine(1, 1).length, tornTail: { line: 2 } });
  });

  it('takes the first line back when the others of its group find no space', async () => {
    const { fileSystem, file, writer } = openWriter(false, false);
    let writes = 0;
    const write = file.write.bind(file);
    file.write = async (...where) => {
      if (++writes === 2) throw systemError('ENOSPC');
      return write(...where);
    };
    await expect(writer.append(Buffer.concat([setLine(1, 1), setLine(2, 1)]), 2)).rejects.toThrow(LogFullError);
    expect(file.bytes).toHaveLength(0);
    expect(fileSystem.calls.slice(-2)).toEqual([`truncate ${PATH}`, `sync ${PATH}`]);
    await writer.append(Buffer.concat([setLine(1, 1), setLine(2, 1)]), 2);
    expect((await read([file.bytes])).contents.lines).toBe(2);
  });

  it('marks a time with a synced seal, once everything before it is synced', async () => {
    const { fileSystem, file, writer } = openWriter();
    await writer.append(setLine(1, 1), 1);
    await expect(writer.mark(NOW)).rejects.toThrow('all before it is on disk');
    await writer.sync();
    await writer.mark(NOW);
    expect(file.bytes).toEqual(Buffer.concat([setLine(1, 1), sealLine(1)]));
    expect(fileSystem.calls.slice(-2)).toEqual([`write ${PATH}`, `datasync ${PATH}`]);
    expect(writer.group).toBe(2);
  });

  it('leaves an empty log empty', async () => {
    const { file, writer } = openWriter();
    await writer.seal(0);
    expect(file.bytes).toHaveLength(0);
  });

  it('writes the newline that the last line lacks before the first of its own, once', async () => {
    const { file, writer } = openWriter(true);
    await writer.append(setLine(1, 1), 1);
    await writer.append(setLine(2, 1), 2);
    expect(file.bytes).toEqual(Buffer.concat([Buffer.from('\n'), setLine(1, 1), setLine(2, 1)]));
  });

  it('finishes short writes', async () => {
    const { fileSystem, file, writer } = openWriter();
    fileSystem.shortenNextWrite(7);
    fileSystem.shortenNextWrite(1);
    await writer.append(setLine(1, 1), 1);
    expect(file.bytes).toEqual(setLine(1, 1));
    expect(fileSystem.calls).toHaveLength(3);
  });

  it.each([
    ['ENOSPC', LogFullError, 'LOG_FULL'],
    ['EDQUOT', LogFullError, 'LOG_FULL'],
    ['EFBIG', LogFullError, 'LOG_FULL'],
    ['EIO', LogWriteError, 'LOG_WRITE_FAILED'],
  ])('cuts back what a write that fails with %s has left, durably, and goes on', async (errno, type, code) => {
    for (let takes = 0; takes < 50; takes += 7) {
      const { fileSystem, file, writer } = openWriter(true);
      /* oxlint-disable no-await-in-loop */
      fileSystem.failNext('write', errno, takes);
      const error = await writer.append(setLine(1, 1), 1).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(type);
      expect(error).toMatchObject({ code, file: PATH, message: expect.stringContaining(errno) });
      expect(file.bytes).toHaveLength(0);
      expect(fileSystem.calls).toEqual([`write ${PATH}`, `truncate ${PATH}`, `sync ${PATH}`]);
      expect([writer.size, writer.lastSeq, writer.group, writer.failure]).toEqual([0, 0, 1, undefined]);
      await writer.append(setLine(1, 1), 1);
      /* oxlint-enable no-await-in-loop */
      expect(file.bytes).toEqual(Buffer.concat([Buffer.from('\n'), setLine(1, 1)]));
    }
  });

  it('cuts back when the second part of a short write fails, or none is taken', async () => {
    const { fileSystem, file, writer } = openWriter();
    await writer.append(setLine(1, 1), 1);
    fileSystem.shortenNextWrite(10);
    fileSystem.failNext('write', 'ENOSPC');
    await expect(writer.append(setLine(2, 1), 2)).rejects.toThrow(LogFullError);
    expect(file.bytes).toEqual(setLine(1, 1));
    fileSystem.shortenNextWrite(0);
    await expect(writer.append(setLine(2, 2), 2)).rejects.toMatchObject({ code: 'LOG_WRITE_FAILED' });
    expect(file.bytes).toEqual(setLine(1, 1));
  });

  it('takes nothing more when a failed write can not be cut back, so that nothing glues to it', async () => {
    const { fileSystem, file, writer } = openWriter();
    fileSystem.failNext('write', 'ENOSPC', 20);
    fileSystem.failNext('truncate', 'EIO');
    await expect(writer.append(setLine(1, 1), 1)).rejects.toMatchObject({ code: 'LOG_WRITE_FAILED' });
    expect(writer.failure).toBeInstanceOf(LogWriteError);
    const left = Buffer.from(file.bytes);
    await expect(writer.append(setLine(1, 1), 1)).rejects.toBe(writer.failure);
    await expect(writer.sync()).rejects.toBe(writer.failure);
    await expect(writer.seal(0)).rejects.toBe(writer.failure);
    expect(file.bytes).toEqual(left);
    // What is left is a torn tail for the next start.
    expect((await read([file.bytes])).contents).toMatchObject({ bytes: 0, tornTail: { line: 1 } });
  });

  it('takes nothing more when the cut can not be synced', async () => {
    const { fileSystem, writer } = openWriter();
    fileSystem.failNext('write', 'ENOSPC', 20);
    fileSystem.failNext('sync', 'EIO');
    await expect(writer.append(setLine(1, 1), 1)).rejects.toThrow(LogSyncError);
    await expect(writer.append(setLine(1, 1), 1)).rejects.toBe(writer.failure);
  });

  it('never tries a failed sync again', async () => {
    const { fileSystem, writer } = openWriter();
    await writer.append(setLine(1, 1), 1);
    fileSystem.failNext('datasync', 'EIO');
    await expect(writer.sync()).rejects.toMatchObject({ name: 'LogSyncError', code: 'LOG_SYNC_FAILED', file: PATH });
    const calls = fileSystem.calls.length;
    await expect(writer.sync()).rejects.toBe(writer.failure);
    await expect(writer.append(setLine(2, 1), 2)).rejects.toBe(writer.failure);
    await expect(writer.seal(0)).rejects.toBe(writer.failure);
    expect(fileSystem.calls).toHaveLength(calls);
    expect(writer.group).toBe(1);
    await writer.close();
  });

  it('fails an append that was under way when a sync failed', async () => {
    const { fileSystem, writer } = openWriter();
    await writer.append(setLine(1, 1), 1);
    fileSystem.failNext('datasync', 'EIO');
    const [sync, append] = await Promise.allSettled([writer.sync(), writer.append(setLine(2, 1), 2)]);
    expect([sync.status, append.status]).toEqual(['rejected', 'rejected']);
    expect(writer.lastSeq).toBe(1);
  });

  describe('appending durably', () => {
    const DURABLY = `writeDurably ${PATH}`;

    it('takes one call, and what it wrote is on disk', async () => {
      const { fileSystem, file, writer } = openWriter();
      await writer.appendDurably(Buffer.concat([setLine(1, 1), setLine(2, 1)]), 2);
      expect([writer.lastSeq, writer.group, writer.synced]).toEqual([2, 3, true]);
      await writer.appendDurably(setLine(3, 3), 3);
      expect(fileSystem.calls).toEqual([DURABLY, DURABLY]);
      expect(file.bytes).toEqual(Buffer.concat([setLine(1, 1), setLine(2, 1), setLine(3, 3)]));
    });

    it('takes two where the file system has no such call, or something is not synced yet', async () => {
      const { fileSystem, file, writer } = openWriter();
      await writer.append(setLine(1, 1), 1);
      await writer.appendDurably(setLine(2, 1), 2);
      expect(fileSystem.calls).toEqual([`write ${PATH}`, `write ${PATH}`, `datasync ${PATH}`]);
      Object.assign(file, { writeDurably: undefined });
      await writer.appendDurably(setLine(3, 3), 3);
      expect(fileSystem.calls.slice(3)).toEqual([`write ${PATH}`, `datasync ${PATH}`]);
      expect(writer.group).toBe(4);
    });

    it('has the first line of a new log on disk before the others of its group', async () => {
      const { fileSystem, file, writer } = openWriter(false, false);
      fileSystem.shortenNextWrite(Infinity, 'writeDurably');
      fileSystem.failNext('writeDurably', 'ENOSPC');
      const lines = Buffer.concat([setLine(1, 1), setLine(2, 1)]);
      await expect(writer.appendDurably(lines, 2)).rejects.toThrow(LogFullError);
      expect(file.bytes).toHaveLength(0);
      await writer.appendDurably(lines, 2);
      expect(fileSystem.calls).toEqual([DURABLY, DURABLY, `truncate ${PATH}`, `sync ${PATH}`, DURABLY, DURABLY]);
      expect(file.bytes).toEqual(lines);
    });

    it('finishes short writes', async () => {
      const { fileSystem, file, writer } = openWriter();
      fileSystem.shortenNextWrite(7, 'writeDurably');
      await writer.appendDurably(setLine(1, 1), 1);
      expect(file.bytes).toEqual(setLine(1, 1));
      expect(fileSystem.calls).toEqual([DURABLY, DURABLY]);
    });

    it.each(['ENOSPC', 'EDQUOT', 'EFBIG'])(
      'cuts back what a write that fails with %s has left, and goes on',
      async (code) => {
        const { fileSystem, file, writer } = openWriter();
        fileSystem.failNext('writeDurably', code, 20);
        await expect(writer.appendDurably(setLine(1, 1), 1)).rejects.toThrow(LogFullError);
        expect(file.bytes).toHaveLength(0);
        expect(fileSystem.calls).toEqual([DURABLY, `truncate ${PATH}`, `sync ${PATH}`]);
        await writer.appendDurably(setLine(1, 1), 1);
        expect([writer.lastSeq, writer.failure]).toEqual([1, undefined]);
      },
    );

    it('takes nothing more when it was the sync that found no space', async () => {
      const { fileSystem, writer } = openWriter();
      fileSystem.failNextDurableSync('ENOSPC');
      await expect(writer.appendDurably(setLine(1, 1), 1)).rejects.toThrow(LogSyncError);
      await expect(writer.appendDurably(setLine(1, 1), 1)).rejects.toBe(writer.failure);
    });

    it('takes any other error for that of the sync, and nothing more', async () => {
      const { fileSystem, writer } = openWriter();
      fileSystem.failNext('writeDurably', 'EIO', 20);
      await expect(writer.appendDurably(setLine(1, 1), 1)).rejects.toThrow(LogSyncError);
      await expect(writer.appendDurably(setLine(1, 1), 1)).rejects.toBe(writer.failure);
      await expect(writer.seal(0)).rejects.toBe(writer.failure);
      expect(fileSystem.calls).toEqual([DURABLY]);
      expect([writer.lastSeq, writer.group]).toEqual([0, 1]);
    });
  });

  it('refuses a second append at a time, and everything once closed', async () => {
    const { writer } = openWriter();
    const first = writer.append(setLine(1, 1), 1);
    await expect(writer.append(setLine(2, 1), 2)).rejects.toThrow('one append at a time');
    await first;
    await writer.close();
    await writer.close();
    await expect(writer.append(setLine(2, 1), 2)).rejects.toThrow('is closed');
    await expect(writer.sync()).rejects.toThrow('is closed');
  });
});
