import { describe, expect, it } from '@jest/globals';
import { LogFullError, LogSyncError } from './errors.js';
import { openLog } from './open-log.js';
import { endOfLines } from './preallocation.js';
import { encoded, memoryFile, read, RecordingVisitor, sealLine } from './testing/log-builder.js';
import { MemoryFile, MemoryFileSystem } from './testing/memory-file-system.js';
import { LogWriter } from './writer.js';

const PATH = '/data/wal.log';
const NOW = 1_700_000_100_000;
const DURABLY = `writeDurably ${PATH}`;

/** A group of one line; all up to the ninth are of one length. */
function line(seq: number): Buffer {
  return encoded((e) => e.encodeSet(`k${seq}`, '1', Infinity, NOW, undefined, seq, seq));
}

const LINE_BYTES = line(1).length;
/** For just so many lines. */
const LINES = 5;
const SPACE = LINES * LINE_BYTES;

function blank(bytes: number): Buffer {
  return Buffer.alloc(bytes, ' ');
}

function openWriter(after = 0): { fileSystem: MemoryFileSystem; file: MemoryFile; writer: LogWriter } {
  const fileSystem = new MemoryFileSystem();
  const file = new MemoryFile(fileSystem, PATH);
  fileSystem.files.set(PATH, file);
  const position = { bytes: 0, lastSeq: 0, hasOwnLines: true, newlineOwed: false };
  return { fileSystem, file, writer: new LogWriter(file, PATH, position, { bytes: SPACE, after }) };
}

/** Appends groups of one line each, up to that revision. */
async function append(writer: LogWriter, last: number): Promise<void> {
  // oxlint-disable-next-line no-await-in-loop -- the writer takes one at a time
  for (let seq = writer.lastSeq + 1; seq <= last; seq++) await writer.appendDurably(line(seq), seq);
}

function lines(first: number, last: number): Buffer {
  return Buffer.concat(Array.from({ length: last - first + 1 }, (_, i) => line(first + i)));
}

describe('a log that takes space ahead', () => {
  it('writes blank bytes behind a group in the same call, and the next ones over them', async () => {
    const { fileSystem, file, writer } = openWriter();
    await append(writer, 1);
    expect(file.bytes).toEqual(Buffer.concat([lines(1, 1), blank(SPACE)]));
    await append(writer, 3);
    expect(file.bytes).toEqual(Buffer.concat([lines(1, 3), blank(SPACE - 2 * LINE_BYTES)]));
    expect(writer.size).toBe(3 * LINE_BYTES);
    // The sixth fits to the byte, the seventh does not.
    await append(writer, 6);
    expect(file.bytes).toEqual(lines(1, 6));
    await append(writer, 7);
    expect(file.bytes).toEqual(Buffer.concat([lines(1, 7), blank(SPACE)]));
    expect(fileSystem.calls).toEqual(Array.from({ length: 7 }, () => DURABLY));
  });

  it('takes none behind a group that is longer than a quarter of it', async () => {
    const { file, writer } = openWriter();
    await writer.appendDurably(lines(1, 2), 2);
    expect(file.bytes).toEqual(lines(1, 2));
    await append(writer, 3);
    await writer.appendDurably(lines(4, 5), 5);
    expect(file.bytes).toEqual(Buffer.concat([lines(1, 5), blank(SPACE - 2 * LINE_BYTES)]));
  });

  it('takes none before a run has appended as much as it is told', async () => {
    const { file, writer } = openWriter(LINE_BYTES + 1);
    await append(writer, 2);
    expect(file.bytes).toEqual(lines(1, 2));
    await append(writer, 3);
    expect(file.bytes).toEqual(Buffer.concat([lines(1, 3), blank(SPACE)]));
  });

  it('takes none for groups that are not synced one by one, nor where the file system does not overwrite in place', async () => {
    const one = openWriter();
    await one.writer.append(line(1), 1);
    expect(one.file.bytes).toEqual(lines(1, 1));
    const other = openWriter();
    Object.assign(other.file, { overwritesInPlace: false });
    await append(other.writer, 2);
    expect(other.file.bytes).toEqual(lines(1, 2));
  });

  it('gives it back at a clean stop', async () => {
    const { fileSystem, file, writer } = openWriter();
    await append(writer, 2);
    fileSystem.calls.length = 0;
    await writer.seal(NOW);
    expect(file.bytes).toEqual(Buffer.concat([lines(1, 2), sealLine(2)]));
    expect(fileSystem.calls).toEqual([`truncate ${PATH}`, `write ${PATH}`, `datasync ${PATH}`]);
  });

  it('is sealed with it when it cannot be given back', async () => {
    const { fileSystem, file, writer } = openWriter();
    await append(writer, 2);
    fileSystem.failNext('truncate', 'EIO');
    await writer.seal(NOW);
    expect(file.bytes.subarray(0, writer.size)).toEqual(Buffer.concat([lines(1, 2), sealLine(2)]));
    expect(file.bytes).toHaveLength(LINE_BYTES + SPACE);
    expect((await read([file.bytes])).contents).toMatchObject({ lines: 2, sealed: true, tornTail: undefined });
  });

  it('is not given back beside an append', async () => {
    const { fileSystem, file, writer } = openWriter();
    await append(writer, 2);
    fileSystem.calls.length = 0;
    const third = append(writer, 3);
    await expect(writer.seal(NOW)).rejects.toThrow('one append at a time');
    await third;
    expect(fileSystem.calls).toEqual([DURABLY]);
    expect(file.bytes).toEqual(Buffer.concat([lines(1, 3), blank(SPACE - 2 * LINE_BYTES)]));
  });

  it('keeps it behind a seal in the midst of a run', async () => {
    const { file, writer } = openWriter();
    await append(writer, 1);
    await writer.mark(NOW);
    expect(file.bytes.subarray(0, writer.size)).toEqual(Buffer.concat([lines(1, 1), sealLine(1)]));
    expect(file.bytes).toHaveLength(LINE_BYTES + SPACE);
    expect((await read([file.bytes])).contents).toMatchObject({ lines: 1, sealed: true, tornTail: undefined });
  });

  it.each(['ENOSPC', 'EDQUOT', 'EFBIG'])(
    'appends a group without it where a full disk (%s) has room for no more, and tries again later',
    async (code) => {
      const { fileSystem, file, writer } = openWriter(2 * LINE_BYTES);
      await append(writer, 2);
      fileSystem.calls.length = 0;
      fileSystem.failNext('writeDurably', code, LINE_BYTES + 5);
      await append(writer, 3);
      expect(fileSystem.calls).toEqual([DURABLY, `truncate ${PATH}`, `sync ${PATH}`, DURABLY]);
      expect(file.bytes).toEqual(lines(1, 3));
      expect([writer.failure, writer.group]).toEqual([undefined, 4]);
      await append(writer, 4);
      expect(file.bytes).toEqual(lines(1, 4));
      await append(writer, 5);
      expect(file.bytes).toEqual(Buffer.concat([lines(1, 5), blank(SPACE)]));
    },
  );

  it('takes it anew behind a group that was cut back', async () => {
    const { fileSystem, file, writer } = openWriter();
    await append(writer, 2);
    fileSystem.failNext('writeDurably', 'ENOSPC', 5);
    await expect(append(writer, 3)).rejects.toThrow(LogFullError);
    expect(file.bytes).toEqual(lines(1, 2));
    await append(writer, 3);
    expect(file.bytes).toEqual(Buffer.concat([lines(1, 3), blank(SPACE)]));
  });

  it('refuses a group for which there is no room without it either, and has nothing of it', async () => {
    const { fileSystem, file, writer } = openWriter();
    await append(writer, 1 + LINES);
    fileSystem.failNext('writeDurably', 'ENOSPC', LINE_BYTES + 5);
    fileSystem.failNext('writeDurably', 'ENOSPC', 5);
    await expect(append(writer, 2 + LINES)).rejects.toThrow(LogFullError);
    expect(file.bytes).toEqual(lines(1, 1 + LINES));
    expect([writer.failure, writer.lastSeq]).toEqual([undefined, 1 + LINES]);
  });

  it('takes nothing more when the sync of both fails', async () => {
    const { fileSystem, writer } = openWriter();
    fileSystem.failNext('writeDurably', 'EIO', 5);
    await expect(append(writer, 1)).rejects.toThrow(LogSyncError);
    expect(fileSystem.calls).toEqual([DURABLY]);
    expect(writer.failure).toBeInstanceOf(LogSyncError);
  });

  it('finishes short writes of both', async () => {
    const { fileSystem, file, writer } = openWriter();
    fileSystem.shortenNextWrite(7, 'writeDurably');
    fileSystem.shortenNextWrite(LINE_BYTES, 'writeDurably');
    await append(writer, 1);
    expect(file.bytes).toEqual(Buffer.concat([lines(1, 1), blank(SPACE)]));
    expect(fileSystem.calls).toEqual([DURABLY, DURABLY, DURABLY]);
  });

  it('is cut to its lines when it is opened behind a crash, and says nothing of a torn tail', async () => {
    const { fileSystem, file, writer } = openWriter();
    await append(writer, 2);
    fileSystem.calls.length = 0;
    const visitor = new RecordingVisitor();
    const opened = await openLog({ directory: '/data', visitor, fileSystem, preallocation: { bytes: 400, after: 0 } });
    expect(opened.report).toMatchObject({ bytes: 2 * LINE_BYTES, blankBytes: SPACE - LINE_BYTES, tornTail: undefined });
    expect(file.bytes).toEqual(lines(1, 2));
    expect(fileSystem.calls.filter((call) => call.endsWith(PATH)).slice(0, 3)).toEqual([
      `open ${PATH}`,
      `truncate ${PATH}`,
      `sync ${PATH}`,
    ]);
    await append(opened.writer, 3);
    expect(file.bytes).toEqual(Buffer.concat([lines(1, 3), blank(400)]));
  });

  it('goes on without it in the file of a compaction, until a group needs it', async () => {
    const { file, writer } = openWriter();
    await append(writer, 2);
    const { size } = writer;
    const next = new MemoryFile(new MemoryFileSystem(), PATH);
    const compaction = {
      copy: async (_log: MemoryFile, from: number, to: number) => expect([from, to]).toEqual([0, size]),
      install: async () => ({ file: next, bytes: 100 }),
    };
    next.bytes = blank(100);
    await writer.switchTo(compaction as never, 0, NOW);
    expect(file.bytes).toHaveLength(LINE_BYTES + SPACE);
    await append(writer, 3);
    expect(next.bytes.subarray(100)).toEqual(Buffer.concat([lines(3, 3), blank(SPACE)]));
  });
});

describe('the end of the lines', () => {
  it.each([0, 1, 2, 65_535, 65_536, 65_537, 131_072, 200_000])('is found before %d blank bytes', async (blanks) => {
    for (const text of [lines(1, 2), lines(1, 1000), Buffer.from('{}'), Buffer.from('{}\r\n\r\n')]) {
      const whole = Buffer.concat([text, blank(blanks)]);
      // oxlint-disable-next-line no-await-in-loop
      expect(await endOfLines(memoryFile(whole))).toBe(text.length);
    }
    expect(await endOfLines(memoryFile(blank(blanks)))).toBe(0);
  });

  it('is found by reads that are short', async () => {
    const file = memoryFile(lines(1, 3), blank(100));
    const wholeRead = file.read.bind(file);
    file.read = (target, offset, length, position) => wholeRead(target, offset, Math.min(length, 7), position);
    expect(await endOfLines(file)).toBe(3 * LINE_BYTES);
  });

  it('is not guessed when the file ends while it is looked for', async () => {
    const file = memoryFile(lines(1, 3));
    file.read = async () => 0;
    await expect(endOfLines(file)).rejects.toThrow('The file ended at byte 0 of');
  });
});
