import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LogStoreFixture, START } from '../testing/log-store-fixture.js';

const TEMPORARY = 'wal.log.compact';

let log: LogStoreFixture;

beforeEach(async () => {
  log = await LogStoreFixture.create();
});
afterEach(() => log.destroy());

/** Holds a compaction at an operation on its file; gives what lets it go on, once it is there. */
function holdAt(operation: string): Promise<() => void> {
  return new Promise((reached) => {
    log.fileSystem.before = (asked, name) => {
      if (asked !== operation || name !== TEMPORARY) return undefined;
      log.fileSystem.heal();
      return new Promise<void>((goOn) => reached(goOn));
    };
  });
}

describe('a compacted log', () => {
  it('holds the same entries in all their fields, and nothing else', async () => {
    await log.open();
    await log.put('kept', '{"a":[1.10,12345678901234567890]}');
    await log.put('overwritten', '1');
    await log.put('expires', '"x"', 10_000_007);
    await log.put('expired', '1', 10);
    log.clock.advance(250);
    for (let i = 0; i < 50; i++) await log.put('overwritten', `${i}`);
    await log.put('deleted');
    await log.drop('deleted');
    const before = await log.content();
    const bytes = await log.logBytes();
    expect(await log.compact()).toMatchObject({
      type: 'completed',
      compaction: { entries: 3, bytesBefore: bytes, at: START + 250 },
    });
    expect(await log.content()).toEqual(before);
    expect(await log.ops()).toEqual(['set', 'set', 'set', 'seal', 'seal']);
    expect(log.maintenance.status()).toMatchObject({
      bytes: await log.logBytes(),
      compaction: { running: false, completed: 1, failed: 0, last: { bytesBefore: bytes } },
    });
    await log.reopen();
    expect(await log.content()).toEqual(before);
    expect(before.revision).toBe(56);
    expect(await log.files()).toEqual(['lock', 'wal.log']);
  });

  it('never says that more of the log is live than there is of it', async () => {
    await log.open();
    const figures = (): [number, number] => {
      const { bytes, liveBytes } = log.maintenance.status();
      return [liveBytes, bytes];
    };
    expect(figures()).toEqual([0, 0]);
    await log.put('a');
    const [live, bytes] = figures();
    expect([live, bytes]).toEqual([bytes, await log.logBytes()]);
    for (let i = 0; i < 9; i++) await log.put('a', `${i}`);
    expect(figures()[0]).toBeLessThan(figures()[1]);
  });

  it('keeps the last revision, when that was a delete and nothing is left', async () => {
    await log.open();
    await log.put('a');
    await log.drop('a');
    await log.compact();
    expect(await log.ops()).toEqual(['seal', 'seal']);
    await log.reopen();
    expect(await log.content()).toEqual({ entries: [], revision: 2 });
    await log.put('b');
    expect((await log.content()).revision).toBe(3);
  });

  it('of a store that never held anything is empty too', async () => {
    await log.open();
    await log.compact();
    await log.reopen();
    expect(await log.content()).toEqual({ entries: [], revision: 0 });
  });

  it('takes writes that follow, transactions too, and can be compacted again', async () => {
    await log.open();
    for (let round = 0; round < 3; round++) {
      await log.put(`key ${round}`, '1', 50_000);
      await log.store.commit({
        atomic: true,
        operations: [
          { type: 'delete', key: 'a', allowMissing: true },
          { type: 'set', key: 'a', value: '1' as never },
          { type: 'increment', key: 'a', by: 5n },
        ],
      });
      await log.compact();
      log.clock.advance(1000);
    }
    const before = await log.content();
    expect(before.entries).toHaveLength(4);
    await log.reopen();
    expect(await log.content()).toEqual(before);
  });

  it('replaces the lines of another program', async () => {
    await writeFile(
      log.logPath,
      '{"op":"set","key":"a","value":{"x":1},"timestamp":1600000000}\n{"op":"set","key":"b","value":2,"timestamp":1600000001}',
    );
    await log.open();
    const before = await log.content();
    await log.compact();
    await log.reopen();
    expect(log.report.foreignLines).toBe(0);
    expect(await log.content()).toEqual(before);
  });

  it.each(['always', 'everysec', 'never'] as const)('is on disk whole whatever FSYNC is (%s)', async (fsync) => {
    await log.open({ fsync });
    await log.put('a');
    await log.compact();
    const { calls } = log.fileSystem;
    expect(calls.slice(calls.indexOf(`rename ${TEMPORARY}`) - 1)).toEqual([
      `sync ${TEMPORARY}`,
      `rename ${TEMPORARY}`,
      'syncDirectory folder',
    ]);
    await log.reopen({ fsync });
    expect((await log.content()).entries).toHaveLength(1);
  });
});

describe('what is written while a log is compacted', () => {
  it.each(['open', 'write', 'datasync'])('is there afterwards, as it was (held at %s)', async (operation) => {
    await log.open();
    for (const key of ['overwritten', 'deleted', 'created anew', 'incremented', 'left alone']) await log.put(key, '1');
    await log.put('expires meanwhile', '1', 500);
    log.clock.advance(100);
    const held = holdAt(operation);
    log.maintenance.compact();
    const goOn = await held;
    expect(log.maintenance.status().compaction.running).toBe(true);
    expect(log.maintenance.compact()).toBe(false);
    log.clock.advance(1000);
    await Promise.all([
      log.put('overwritten', '2'),
      log.drop('deleted'),
      log.drop('created anew').then(() => log.put('created anew', '3')),
      log.store.commit({ atomic: true, operations: [{ type: 'increment', key: 'incremented', by: 1n }] }),
      log.put('new', '4', 9999),
    ]);
    log.clock.advance(1000);
    await log.put('overwritten', '3');
    goOn();
    expect(await log.compactionEnd()).toMatchObject({ type: 'completed' });
    await log.put('after', '5');
    const before = await log.content();
    expect(before.entries.map(({ key }) => key)).toEqual(
      ['after', 'created anew', 'incremented', 'left alone', 'new', 'overwritten'].sort(),
    );
    expect(before.entries.find(({ key }) => key === 'overwritten')).toMatchObject({ createdAt: START });
    await log.reopen();
    expect(await log.content()).toEqual(before);
  });

  it('ends right whatever the order, in random histories', async () => {
    const seed = Number(process.env['KV_SEED'] ?? Date.now() % 0x7fffffff);
    process.stdout.write(`compaction under writes: seed ${seed}\n`);
    let state = seed;
    const random = (below: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
      return (state >>> 8) % below;
    };
    // As soon as one compaction has ended the next one begins.
    await log.open({ compaction: { minBytes: 0, ratio: 0 } });
    for (let round = 0; round < 60; round++) {
      const writes: Promise<unknown>[] = [];
      for (let i = random(200); i > 0; i--) {
        const key = `key ${random(300)}`;
        if (random(4) === 0) writes.push(log.drop(key));
        else writes.push(log.put(key, `${random(1e6)}`, random(3) === 0 ? random(5000) + 1 : undefined));
      }
      await Promise.all(writes);
      log.clock.advance(random(1000));
      if (random(3) === 0) await log.store.purgeExpired(1000);
      if (random(10) === 0) {
        const before = await log.content();
        await log.reopen({ compaction: { minBytes: 0, ratio: 0 } });
        expect(await log.content()).toEqual(before);
      }
    }
    expect(log.events.filter(({ type }) => type === 'completed').length).toBeGreaterThan(5);
    expect(log.events.filter(({ type }) => type === 'failed')).toEqual([]);
    const before = await log.content();
    await log.reopen();
    expect(await log.content()).toEqual(before);
  });
});

describe('a compaction begins by itself', () => {
  it('when the log has reached the size and the ratio, not before', async () => {
    await log.open({ compaction: { minBytes: 4000, ratio: 3 } });
    const value = JSON.stringify('x'.repeat(200));
    let bytes = 0;
    while (log.events.length === 0) {
      bytes = await log.logBytes();
      await log.put('a', value);
    }
    expect(bytes).toBeGreaterThan(3500);
    expect(bytes).toBeLessThan(4000);
    await log.compactionEnd();
    expect(await log.logBytes()).toBeLessThan(1000);
  });

  it('not while most of the log is live', async () => {
    await log.open({ compaction: { minBytes: 1000, ratio: 2 } });
    for (let i = 0; i < 100; i++) await log.put(`key ${i}`);
    expect(log.events).toEqual([]);
    expect(await log.logBytes()).toBeGreaterThan(5000);
    for (let i = 0; i < 60; i++) await log.drop(`key ${i}`);
    await log.compactionEnd();
    expect(log.events[0]).toMatchObject({ type: 'started' });
  });

  it('after a sweep, when nothing else happens', async () => {
    await log.open({ compaction: { minBytes: 1000, ratio: 2 } });
    await Promise.all(Array.from({ length: 100 }, (_, i) => log.put(`key ${i}`, '1', 1000)));
    expect(log.events).toEqual([]);
    log.clock.advance(1000);
    await log.store.purgeExpired(1000);
    expect(await log.compactionEnd()).toMatchObject({ type: 'completed', compaction: { entries: 0 } });
  });

  it('not again and again when its lines take more than was expected', async () => {
    await log.open({ compaction: { minBytes: 1000, ratio: 2 } });
    // Each unit of these keys takes six bytes in the log.
    for (let i = 0; i < 20; i++) await log.put(`${'\u0001'.repeat(900)}${i}`);
    await log.compactionEnd();
    for (let i = 0; i < 5; i++) await log.put('a');
    await log.store.purgeExpired(1);
    expect(log.events.filter(({ type }) => type === 'started')).toHaveLength(1);
  });
});

describe('a compaction that fails', () => {
  const policy = { minBytes: 500, ratio: 1.5 };

  it.each([
    ['open', 'EACCES'],
    ['write', 'ENOSPC'],
    ['datasync', 'EIO'],
    ['sync', 'EIO'],
    ['rename', 'EIO'],
  ] as const)('(%s: %s) leaves the log as it was, and is tried again later', async (operation, code) => {
    await log.open({ compaction: policy });
    log.fileSystem.fail(operation, TEMPORARY, code);
    for (let i = 0; i < 10; i++) await log.put('a', `${i}`);
    expect(await log.compactionEnd()).toMatchObject({ type: 'failed', retryMs: 60_000 });
    expect(await log.files()).toEqual(['lock', 'wal.log']);
    for (let i = 0; i < 10; i++) await log.put('a', `${i}`);
    expect(log.maintenance.status().compaction).toMatchObject({
      running: false,
      completed: 0,
      failed: 1,
      lastError: expect.stringContaining(code),
    });
    log.elapsed = 60_000;
    await log.put('a');
    expect(await log.compactionEnd()).toMatchObject({ type: 'failed', retryMs: 120_000 });
    log.fileSystem.heal();
    expect(await log.compact()).toMatchObject({ type: 'completed' });
    expect(log.maintenance.status().compaction.lastError).toBeUndefined();
    expect(log.failures).toEqual([]);
    const before = await log.content();
    await log.reopen();
    expect(await log.content()).toEqual(before);
  });

  it('for want of space does not even begin to write', async () => {
    await log.open();
    await log.put('a');
    log.fileSystem.free = 1000;
    expect(await log.compact()).toMatchObject({
      type: 'failed',
      error: { message: expect.stringMatching(/needs about \d+ bytes beside it, and .* has 1000 free/) },
    });
    expect(log.fileSystem.count(`open ${TEMPORARY}`)).toBe(0);
  });

  it('makes room at once for a write that found the disk full', async () => {
    await log.open();
    await log.put('a');
    const held = holdAt('write');
    log.maintenance.compact();
    const goOn = await held;
    log.fileSystem.fail('write', 'wal.log', 'ENOSPC');
    await expect(log.put('b')).rejects.toMatchObject({ code: 'DISK_FULL' });
    log.fileSystem.heal();
    goOn();
    expect(await log.compactionEnd()).toMatchObject({ type: 'failed', error: { code: 'DISK_FULL' } });
    expect(await log.files()).toEqual(['lock', 'wal.log']);
    await log.put('b');
  });

  it('ends the log when nobody knows which file a power cut would leave', async () => {
    await log.open();
    await log.put('a');
    log.fileSystem.before = (operation) => {
      if (operation === 'syncDirectory') throw Object.assign(new Error('EIO'), { code: 'EIO' });
    };
    await log.compact();
    expect(log.failures).toHaveLength(1);
    await expect(log.put('b')).rejects.toMatchObject({ code: 'WRITE_FAILED' });
  });
});

describe('a store that is closed', () => {
  it.each(['open', 'write', 'datasync', 'sync'])('in the midst of a compaction (%s) gives it up', async (operation) => {
    await log.open();
    for (let i = 0; i < 20; i++) await log.put(`key ${i}`);
    const before = await log.content();
    const held = holdAt(operation);
    log.maintenance.compact();
    const goOn = await held;
    const closed = log.store.close();
    goOn();
    await closed;
    // Once writes are held up for the switch, it is done.
    expect(log.events.at(-1)).toMatchObject({ type: operation === 'sync' ? 'completed' : 'abandoned' });
    expect(await log.files()).toEqual(['lock', 'wal.log']);
    expect(log.maintenance.compact()).toBe(false);
    await log.open();
    expect(await log.content()).toEqual(before);
  });
});
