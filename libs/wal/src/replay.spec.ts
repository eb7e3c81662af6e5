import { describe, expect, it } from '@jest/globals';
import { readLog } from './recovery.js';
import { encoded, memoryFile, RecordingVisitor } from './testing/log-builder.js';

/** Takes keys and values as bytes where it can, notes how many it got so, and looks at them when it has to. */
class BytesVisitor extends RecordingVisitor {
  fromBytes = 0;
  private waiting: (() => void)[] = [];

  setBytes(
    bytes: Buffer,
    keyStart: number,
    keyEnd: number,
    valueStart: number,
    valueEnd: number,
    expiresAt: number,
    updatedAt: number,
    createdAt: number | undefined,
    seq: number,
  ): void {
    this.fromBytes++;
    this.waiting.push(() => {
      const key = bytes.toString('utf8', keyStart, keyEnd);
      super.set(key, bytes.toString('utf8', valueStart, valueEnd), expiresAt, updatedAt, createdAt, seq);
    });
  }

  releaseBytes(): void {
    for (const look of this.waiting) look();
    this.waiting = [];
  }

  override set(...line: Parameters<RecordingVisitor['set']>): void {
    this.releaseBytes();
    super.set(...line);
  }

  override delete(...line: Parameters<RecordingVisitor['delete']>): void {
    this.releaseBytes();
    super.delete(...line);
  }
}

describe('a visitor that takes bytes', () => {
  const plain = encoded((e) => {
    e.encodeSet('plain', '"välue😀"', 5_000, 1_000, undefined, 2, 2);
    e.encodeSet('p', '{"n":1.10}', Infinity, 2_000, 1_500, 3, 3);
    e.encodeDelete('plain', 3_000, 4, 4);
  });
  const other = encoded((e) => {
    e.encodeSet('"quoted\\', '1', Infinity, 4_000, undefined, 5, 5);
    e.encodeSet('kéy', '2', Infinity, 4_000, undefined, 6, 6);
    e.encodeSet('a', '3', Infinity, 5_000, undefined, 7, 7, 1, 2);
    e.encodeSet('b', '4', Infinity, 5_000, undefined, 8, 7, 2, 2);
  });
  const foreign = '{"op":"set","key":"theirs","value":[1, 2],"timestamp":1}\n';

  it('is told the same as any other, in the same order', async () => {
    const file = memoryFile(foreign, plain, other);
    const strings = new RecordingVisitor();
    const contents = await readLog(file, 'wal.log', strings);
    const bytes = new BytesVisitor();
    expect(await readLog(file, 'wal.log', bytes, { chunkBytes: 100 })).toEqual(contents);
    expect(bytes.events).toEqual(strings.events);
    expect([contents.lines, contents.foreignLines]).toEqual([8, 1]);
  });

  it('gets bytes of every line of ours that says its key as it is and stands alone', async () => {
    const visitor = new BytesVisitor();
    await readLog(memoryFile(foreign, plain, other), 'wal.log', visitor);
    expect(visitor.fromBytes).toBe(2);
  });
});
