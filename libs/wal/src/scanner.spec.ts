import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { scanLines, type ScanOptions } from './scanner.js';
import { checkProperty, memoryFile } from './testing/log-builder.js';

async function scan(text: string, options: ScanOptions, stopAfter = Infinity): Promise<string[]> {
  const seen: string[] = [];
  const sink = {
    line(bytes: Buffer, start: number, end: number, offset: number, ending: string): boolean {
      seen.push(`${offset} ${ending} ${bytes.toString('latin1', start, end)}`);
      return seen.length < stopAfter;
    },
  };
  await scanLines(memoryFile(text), text.length, sink, options);
  return seen;
}

describe('scanLines', () => {
  it('gives every line with its offset, however the file falls into chunks', async () => {
    const text = 'a\n\nbcd\nefghijklmnop\nq';
    const expected = ['0 newline a', '2 newline ', '3 newline bcd', '7 newline efghijklmnop', '20 end-of-file q'];
    for (let chunkBytes = 1; chunkBytes <= text.length + 1; chunkBytes++) {
      // oxlint-disable-next-line no-await-in-loop
      expect(await scan(text, { chunkBytes })).toEqual(expected);
    }
  });

  it('gives nothing for an empty file, and no empty line behind the last newline', async () => {
    expect(await scan('', {})).toEqual([]);
    expect(await scan('a\n', {})).toEqual(['0 newline a']);
  });

  it('tells of lines that are too long without keeping them, for any text and chunk', async () => {
    await checkProperty(
      'scan',
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 12 }),
        fc.boolean(),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 20 }),
        async (lengths, lastNewline, chunkBytes, maxLineBytes) => {
          const lines = lengths.map((length, i) => String.fromCharCode(97 + i).repeat(length));
          const text = lines.join('\n') + (lastNewline ? '\n' : '');
          const pieces = text.split('\n');
          let offset = 0;
          const expected: string[] = [];
          for (const [i, piece] of pieces.entries()) {
            const last = i === pieces.length - 1;
            const ending = piece.length > maxLineBytes ? 'too-long' : last ? 'end-of-file' : 'newline';
            if (!last || piece !== '') expected.push(`${offset} ${ending} ${ending === 'too-long' ? '' : piece}`);
            offset += piece.length + 1;
          }
          expect(await scan(text, { chunkBytes, maxLineBytes })).toEqual(expected);
        },
      ),
      500,
    );
  });

  it('stops when told to', async () => {
    expect(await scan('a\nb\nc\n', {}, 2)).toEqual(['0 newline a', '2 newline b']);
  });

  it('tells how far it is', async () => {
    const seen: string[] = [];
    await scan('abcdef\n', { chunkBytes: 3, onProgress: (done, total) => seen.push(`${done}/${total}`) });
    expect(seen.at(-1)).toBe('7/7');
    expect(seen.length).toBeGreaterThan(1);
  });

  it('fails when the file has become shorter', async () => {
    await expect(scanLines(memoryFile('abc'), 10, { line: () => true })).rejects.toThrow('ended at byte 3');
  });

  it('tells of lines before it gives them, and says when their bytes go, also when it is told to stop', async () => {
    const text = 'a\n\nbcd\nefghijklmnop\nq';
    for (let chunkBytes = 1; chunkBytes <= text.length + 1; chunkBytes++) {
      for (const most of [1, 3, Infinity]) {
        let announced: string[] = [];
        let given: { bytes: Buffer; start: number; end: number; text: string }[] = [];
        let count = 0;
        const sink = {
          lines(bytes: Buffer, start: number, ends: readonly number[]): void {
            expect(announced).toEqual([]);
            announced = ends.map((end, i) => bytes.toString('latin1', i === 0 ? start : ends[i - 1]! + 1, end));
          },
          line(bytes: Buffer, start: number, end: number, _: number, ending: string): boolean {
            const line = bytes.toString('latin1', start, end);
            if (ending === 'newline') expect(announced.shift()).toBe(line);
            given.push({ bytes, start, end, text: line });
            return ++count < most;
          },
          releaseBytes(): void {
            for (const each of given) expect(each.bytes.toString('latin1', each.start, each.end)).toBe(each.text);
            given = [];
          },
        };
        // oxlint-disable-next-line no-await-in-loop
        await scanLines(memoryFile(text), text.length, sink, { chunkBytes });
        expect(given).toEqual([]);
        expect(count).toBe(Math.min(most, 5));
      }
    }
  });
});
