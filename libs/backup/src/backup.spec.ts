import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { NEVER, trustJsonText, type Entry, type StoreSnapshot } from '@kvasir/kv-core';
import fc from 'fast-check';
import { BackupReader } from './read-backup.js';
import { writeBackup } from './write-backup.js';

const T = 1_700_000_000_000;

function entry(key: string, value = '1', fields: Partial<Entry> = {}): Entry {
  return {
    key,
    value: trustJsonText(value),
    revision: 1,
    createdAt: T - 5,
    updatedAt: T - 1,
    expiresAt: NEVER,
    ...fields,
  };
}

class FixedSnapshot implements StoreSnapshot {
  readonly time = T;
  readonly keys: number;
  closed = 0;

  constructor(
    private readonly batches: readonly (readonly Entry[])[],
    readonly revision = 100,
  ) {
    this.keys = batches.flat().length;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<readonly Entry[]> {
    yield* this.batches;
  }

  async close(): Promise<void> {
    this.closed++;
  }
}

async function textOf(entries: readonly Entry[], revision?: number): Promise<string> {
  let text = '';
  for await (const piece of writeBackup(new FixedSnapshot([entries], revision))) text += piece;
  return text;
}

async function* piecesOf(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(bytes: Buffer | string, size = 7): Promise<{ header: unknown; entries: Entry[] }> {
  const { header, reader } = await BackupReader.open(piecesOf(Buffer.from(bytes), size));
  const entries: Entry[] = [];
  for await (const batch of reader.batches()) entries.push(...batch);
  return { header, entries };
}

const SAMPLE = [
  entry('A\u0001"\\', '{"b":1.10,"a":[12345678901234567890,"\\ud800"]}', { revision: 9 }),
  entry('b', '"\u{1f600}\u2028"', { expiresAt: T + 1 }),
  entry('{"entries":', '{"entries":3}'),
];

describe('a backup', () => {
  it('is a header, a line an entry, and a footer with the checksum of all before it', async () => {
    const text = await textOf([entry('a', '[1.10]', { revision: 7, expiresAt: T + 9 }), entry('b', '"x"')]);
    const body =
      '{"format":"kvasir-backup","version":1,"revision":100,"time":1700000000000,"keys":2}\n' +
      '{"key":"a","revision":7,"created":1699999999995,"updated":1699999999999,"expires":1700000000009,"value":[1.10]}\n' +
      '{"key":"b","revision":1,"created":1699999999995,"updated":1699999999999,"value":"x"}\n';
    const sha256 = createHash('sha256').update(body).digest('hex');
    expect(text).toBe(`${body}{"entries":2,"revision":100,"sha256":"${sha256}"}\n`);
  });

  it.each([1, 2, 63, 64, 65, 100_000])('reads what it wrote, in pieces of %d bytes', async (size) => {
    expect(await read(await textOf(SAMPLE), size)).toEqual({
      header: { revision: 100, time: T, keys: 3 },
      entries: SAMPLE,
    });
  });

  it('reads what it wrote of any key and value (seed printed on failure)', async () => {
    const key = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }).filter((text) => text.isWellFormed());
    const value = fc.json({ stringUnit: 'binary' }).map((text) => JSON.stringify(JSON.parse(text)));
    const some = fc.array(fc.record({ key, value, revision: fc.integer({ min: 1, max: 100 }) }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(some, fc.integer({ min: 1, max: 200 }), async (fields, size) => {
        const entries = fields.map((one) => entry(one.key, one.value, { revision: one.revision }));
        expect((await read(await textOf(entries), size)).entries).toEqual(entries);
      }),
    );
  });

  it('comes in batches and pieces of bounded size', async () => {
    const entries = Array.from({ length: 3000 }, (_, index) => entry(`k${index}`, `"${'x'.repeat(index % 500)}"`));
    const pieces: string[] = [];
    for await (const piece of writeBackup(new FixedSnapshot([entries]))) pieces.push(piece);
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(70_000);
    const { reader } = await BackupReader.open(piecesOf(Buffer.from(pieces.join('')), 65_536));
    const sizes: number[] = [];
    for await (const batch of reader.batches()) sizes.push(batch.length);
    expect(Math.max(...sizes)).toBe(256);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(3000);
  });

  it('of an empty store is whole', async () => {
    expect(await read(await textOf([], 0))).toEqual({ header: { revision: 0, time: T, keys: 0 }, entries: [] });
  });

  it('closes its snapshot at the end, when its reader stops, and when it never began', async () => {
    const whole = new FixedSnapshot([SAMPLE]);
    for await (const _ of writeBackup(whole)) continue;
    expect(whole.closed).toBeGreaterThan(0);
    const cut = new FixedSnapshot([
      Array.from({ length: 3000 }, (_, index) => entry(`k${index}`, `"${'x'.repeat(99)}"`)),
    ]);
    for await (const _ of writeBackup(cut)) break;
    expect(cut.closed).toBeGreaterThan(0);
  });
});

describe('a damaged backup is refused', () => {
  it('when it is cut anywhere', async () => {
    const bytes = Buffer.from(await textOf(SAMPLE));
    for (let length = 0; length < bytes.length; length++) {
      await expect(read(bytes.subarray(0, length), 50)).rejects.toMatchObject({ code: 'LOAD_INVALID' });
    }
  });

  it('when any bit of it is flipped', async () => {
    const bytes = Buffer.from(await textOf([entry('a', '[1,"x"]'), entry('b')]));
    for (let at = 0; at < bytes.length; at++) {
      for (const bit of [1, 4, 32, 128]) {
        const damaged = Buffer.from(bytes);
        damaged[at]! ^= bit;
        await expect(read(damaged, 64)).rejects.toMatchObject({ code: 'LOAD_INVALID' });
      }
    }
  });

  it.each([
    ['without its footer', (lines: string[]) => lines.slice(0, -1), /not whole: it ends after 3 of 3 entries/],
    ['without a line', (lines: string[]) => lines.toSpliced(2, 1), /another checksum than its 2 entries/],
    ['with a line twice', (lines: string[]) => lines.toSpliced(2, 0, lines[2]!), /another checksum/],
    [
      'with something behind its footer',
      (lines: string[]) => [...lines, lines[1]!],
      /line 6 of the backup stands behind/,
    ],
    ['without its header', (lines: string[]) => lines.slice(1), /no backup: its first line/],
    ['that is something else', () => ['<html>\n'], /line 1 of the backup is not what it should be/],
    [
      'of a newer version',
      (lines: string[]) => lines.with(0, lines[0]!.replace('"version":1', '"version":2')),
      /of version 2, and this program reads version 1/,
    ],
  ])('%s', async (_what, change, message) => {
    const lines = (await textOf(SAMPLE)).split(/(?<=\n)/);
    await expect(read(change(lines).join(''))).rejects.toThrow(message);
  });

  it.each([
    ['{"key":1,"revision":1,"created":1,"updated":1,"value":1}', /line 2 of the backup has no key that is a string/],
    ['{"key":"a","revision":1,"created":1,"updated":1}', /has no value/],
    ['{"key":"a","revision":101,"created":1,"updated":1,"value":1}', /the revision 101, which is after that of/],
    ['{"key":"a","revision":1.0,"created":1,"updated":1,"value":1}', /has a wrong revision/],
    ['{"key":"a","revision":1,"created":-1,"updated":1,"value":1}', /has a wrong created/],
    ['{"key":"a","key":"b","revision":1,"created":1,"updated":1,"value":1}', /not what it should be: .*"key"/],
    ['{"key":"a","revision":1,"created":1,"updated":1,"value":01}', /not what it should be/],
  ])('whose line is %s, with the right checksum', async (line, message) => {
    const [header = ''] = (await textOf([entry('a')])).split(/(?<=\n)/);
    const body = `${header}${line}\n`;
    const sha256 = createHash('sha256').update(body).digest('hex');
    await expect(read(`${body}{"entries":1,"revision":100,"sha256":"${sha256}"}\n`)).rejects.toThrow(message);
  });
});
