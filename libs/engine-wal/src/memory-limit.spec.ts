import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { trustJsonText, type Operation } from '@kvasir/kv-core';
import { LogStoreFixture } from './testing/log-store-fixture.js';

const LIMIT = 200_000;

let log: LogStoreFixture;

beforeEach(async () => {
  log = await LogStoreFixture.create();
});
afterEach(() => log.destroy());

const value = (bytes: number): string => JSON.stringify('x'.repeat(bytes - 2));

/** Writes keys until one is refused; gives how many there are. */
async function fill(bytes: number): Promise<number> {
  for (let count = 0; ; count++) {
    try {
      await log.put(`key ${count}`, value(bytes));
    } catch (error) {
      expect(error).toMatchObject({ code: 'STORE_FULL', kind: 'full', message: expect.stringContaining(`${LIMIT}`) });
      return count;
    }
  }
}

function setEach(keys: readonly string[], bytes: number, atomic: boolean): Promise<unknown> {
  const operations = keys.map((key): Operation => ({ type: 'set', key, value: trustJsonText(value(bytes)) }));
  return log.store.commit({ atomic, operations });
}

describe('a store with a limit to its memory', () => {
  it('refuses writes that grow it past the limit, and takes all others', async () => {
    await log.open({ maxMemoryBytes: LIMIT });
    const count = await fill(1000);
    // 1,000 bytes, their header, and what key, columns and indexes take.
    expect(count).toBeGreaterThan(LIMIT / 1200);
    expect(count).toBeLessThan(LIMIT / 1000);
    await log.put('key 0', value(1000));
    await log.put('key 1', value(500));
    await log.drop('key 2');
    expect((await log.store.stats()).keys).toBe(count - 1);
    await log.put('another', value(1000));
    await expect(log.put('one more', value(2500))).rejects.toMatchObject({ code: 'STORE_FULL' });
  });

  it('takes an entry for one of the same size that was deleted, again and again', async () => {
    await log.open({ maxMemoryBytes: LIMIT });
    const count = await fill(100);
    for (let i = 0; i < 50; i++) {
      await log.drop(`key ${i}`);
      await log.put(`KEY ${i}`, value(100));
    }
    expect((await log.store.stats()).keys).toBe(count);
  });

  it('counts what a group has added so far, exactly, and refuses only those that do not fit', async () => {
    await log.open({ maxMemoryBytes: LIMIT });
    const count = await fill(1000);
    for (let i = 0; i < 3; i++) await log.drop(`key ${i}`);
    // Of one group: what overwrites with the same size fits in any case, of the others the first three do.
    const outcomes = await Promise.allSettled([
      ...Array.from({ length: 20 }, (_, i) => log.put(`key ${10 + i}`, value(1000))),
      ...Array.from({ length: 5 }, (_, i) => log.put(`new ${i}`, value(1000))),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual([
      ...Array.from({ length: 23 }, () => 'fulfilled'),
      'rejected',
      'rejected',
    ]);
    expect((await log.store.stats()).keys).toBe(count);
  });

  it.each([true, false])('refuses a transaction as a whole (atomic: %s)', async (atomic) => {
    await log.open({ maxMemoryBytes: LIMIT });
    const count = await fill(1000);
    await log.drop('key 0');
    await expect(setEach(['a', 'b'], 1000, atomic)).rejects.toMatchObject({ code: 'STORE_FULL' });
    expect((await log.store.stats()).keys).toBe(count - 1);
    await setEach(['a', 'a', 'a'], 1000, atomic);
  });

  it('has room again when entries have expired and were swept', async () => {
    await log.open({ maxMemoryBytes: LIMIT });
    await log.put('short', value(50_000), 1000);
    await fill(1000);
    log.clock.advance(1000);
    await log.store.purgeExpired(10);
    const keys = Array.from({ length: 40 }, (_, number) => `new ${number}`);
    expect(await setEach(keys, 1000, true)).toMatchObject({ committed: true });
  });

  it('frees what has expired before it refuses a write, without waiting for the sweep', async () => {
    await log.open({ maxMemoryBytes: LIMIT });
    await log.put('short', value(50_000), 1000);
    await log.put('shorter', value(50_000), 500);
    const count = await fill(1000);
    log.clock.advance(999);
    // The one that has expired makes room for as much, and no more; it is no longer there to be overwritten.
    await setEach(
      Array.from({ length: 40 }, (_, number) => `new ${number}`),
      1000,
      true,
    );
    await expect(log.put('large', value(50_000))).rejects.toMatchObject({ code: 'STORE_FULL' });
    log.clock.advance(1);
    await log.put('shorter', value(50_000));
    expect((await log.store.stats()).keys).toBe(count + 41);
    await log.reopen({ maxMemoryBytes: LIMIT });
    expect((await log.store.stats()).keys).toBe(count + 41);
  });

  it('that was emptied for a write that then fails says the time in the log with the next sweep', async () => {
    await log.open({ maxMemoryBytes: LIMIT });
    await log.put('short', value(1000), 1000);
    await fill(1000);
    log.clock.advance(1000);
    await expect(log.put('too large', value(150_000))).rejects.toMatchObject({ code: 'STORE_FULL' });
    await log.store.purgeExpired(10);
    log.clock.set(log.clock.now() - 500);
    const after = await log.crash();
    expect(await after.store.get('short')).toBeUndefined();
    await after.destroy();
  });

  it('that was filled to the limit opens again, from its history and from a compacted log', async () => {
    await log.open({ maxMemoryBytes: LIMIT });
    const count = await fill(300);
    for (let i = 0; i < 300; i++) await log.put(`key ${i % 40}`, value(300));
    await log.reopen({ maxMemoryBytes: LIMIT });
    expect((await log.store.stats()).keys).toBe(count);
    await log.compact();
    await log.reopen({ maxMemoryBytes: LIMIT });
    expect((await log.store.stats()).keys).toBe(count);
  });

  it('opens though its history held more than the limit at once, when that had expired by then', async () => {
    await log.open({ maxMemoryBytes: LIMIT });
    for (let round = 0; round < 20; round++) {
      await setEach(
        Array.from({ length: 10 }, (_, i) => `kept ${i}`),
        100,
        true,
      );
      await log.put(`${round}`, value(150_000), 1000);
      log.clock.advance(1000);
      await log.store.purgeExpired(10);
    }
    await log.reopen({ maxMemoryBytes: LIMIT });
    expect((await log.store.stats()).keys).toBe(10);
  });

  it('does not open a log that holds more, says so, and leaves it as it is', async () => {
    await log.open();
    for (let i = 0; i < 30; i++) await log.put(`key ${i}`, value(100_000));
    await log.store.close();
    await expect(log.open({ maxMemoryBytes: 1_000_000 })).rejects.toMatchObject({
      code: 'STORE_FULL',
      message: expect.stringMatching(/holds more than memory may: .* MAX_MEMORY_BYTES is 1000000\. Raise it/),
    });
    await expect(log.open({ maxMemoryBytes: 3_000_000 })).rejects.toMatchObject({ code: 'STORE_FULL' });
    await log.open();
    expect((await log.store.stats()).keys).toBe(30);
  });
});
