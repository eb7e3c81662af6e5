import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { trustJsonText, type Entry, type StoreSnapshot } from '@kvasir/kv-core';
import { LogStoreFixture, START } from './testing/log-store-fixture.js';

const LIMIT = 1_000_000;
const VALUE = JSON.stringify('x'.repeat(998));
/** Of which 868 fit. */
const ENTRY_BYTES = 1151;

let log: LogStoreFixture;

beforeEach(async () => {
  log = await LogStoreFixture.create();
  await log.open({ maxMemoryBytes: LIMIT });
});
afterEach(() => log.destroy());

const keyOf = (number: number): string => `key ${String(number).padStart(4, '0')}`;

async function putEach(from: number, to: number): Promise<void> {
  await Promise.all(Array.from({ length: to - from }, (_, i) => log.put(keyOf(from + i), VALUE)));
}

/** Writes new keys until one is refused; gives how many keys there are then. */
async function fill(): Promise<number> {
  const { keys } = await log.store.stats();
  for (let count = keys; ; count++) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- until one does not fit
      await log.put(keyOf(count), VALUE);
    } catch (error) {
      expect(error).toMatchObject({ code: 'STORE_FULL' });
      return count;
    }
  }
}

function* loaded(count: number, onBatch?: (number: number) => void): Generator<readonly Entry[]> {
  for (let from = 0; from < count; from += 50) {
    onBatch?.(from);
    yield Array.from({ length: Math.min(50, count - from) }, (_, i) => ({
      key: keyOf(from + i),
      value: trustJsonText(VALUE),
      revision: from + i + 1,
      createdAt: START,
      updatedAt: START,
      expiresAt: Infinity,
    }));
  }
}

async function keysOf(snapshot: StoreSnapshot): Promise<number> {
  let count = 0;
  for await (const batch of snapshot) count += batch.length;
  return count;
}

describe('what a snapshot has to keep', () => {
  it('counts in the memory of the store until it has been read', async () => {
    await putEach(0, 300);
    const before = log.store.memoryBytes;
    expect(before / 300).toBeCloseTo(ENTRY_BYTES, 0);
    const snapshot = await log.store.snapshot();
    expect(log.store.memoryBytes).toBe(before);
    await putEach(0, 300);
    expect(log.store.memoryBytes).toBe(2 * before);
    expect(await keysOf(snapshot)).toBe(300);
    expect(log.store.memoryBytes).toBe(before);
  });

  it('ends it when memory does not hold both, and no write is refused for it', async () => {
    await putEach(0, 600);
    const before = log.store.memoryBytes;
    const snapshot = await log.store.snapshot();
    for (let i = 0; i < 600; i++) {
      // oxlint-disable-next-line no-await-in-loop -- what is held is looked at after each
      await log.put(keyOf(i), VALUE);
      expect(log.store.memoryBytes).toBeLessThanOrEqual(LIMIT);
    }
    expect(log.store.memoryBytes).toBe(before);
    await expect(keysOf(snapshot)).rejects.toMatchObject({
      code: 'STORE_FULL',
      message: expect.stringMatching(/^the snapshot was given up: .* take more than 1000000 bytes/),
    });
    expect(await keysOf(await log.store.snapshot())).toBe(600);
  });

  it('gives way to writes that need the room: as many fit as without it', async () => {
    const most = await fill();
    for (let i = 300; i < most; i++) await log.drop(keyOf(i));
    const snapshot = await log.store.snapshot();
    await putEach(0, 300);
    expect(await fill()).toBe(most);
    expect(log.store.memoryBytes).toBeLessThanOrEqual(LIMIT);
    await expect(keysOf(snapshot)).rejects.toMatchObject({ code: 'STORE_FULL' });
  });

  it('stays when a write does not fit without it either', async () => {
    await putEach(0, 300);
    const snapshot = await log.store.snapshot();
    await putEach(0, 300);
    await expect(log.put('large', JSON.stringify('x'.repeat(LIMIT)))).rejects.toMatchObject({ code: 'STORE_FULL' });
    await expect(log.put('larger than the rest', JSON.stringify('x'.repeat(700_000)))).rejects.toMatchObject({
      code: 'STORE_FULL',
    });
    expect(await keysOf(snapshot)).toBe(300);
  });

  it('gives way when all that has expired is kept for it', async () => {
    await Promise.all(Array.from({ length: 800 }, (_, i) => log.put(keyOf(i), VALUE, 1000)));
    const snapshot = await log.store.snapshot();
    log.clock.set(START + 1000);
    await putEach(1000, 1300);
    await expect(keysOf(snapshot)).rejects.toMatchObject({ code: 'STORE_FULL' });
    expect((await log.store.stats()).keys).toBe(300);
  });

  it('can lose nothing any more when its last batch was given', async () => {
    await putEach(0, 200);
    const snapshot = await log.store.snapshot();
    await log.store.load(loaded(100), { mode: 'replace' });
    const batches = snapshot[Symbol.asyncIterator]();
    expect((await batches.next()).value).toHaveLength(200);
    await fill();
    expect((await batches.next()).done).toBe(true);
  });

  it('is the whole table before a replacement, which counts too and gives way too', async () => {
    await putEach(0, 300);
    const before = log.store.memoryBytes;
    const [read, given] = [await log.store.snapshot(), await log.store.snapshot()];
    await log.store.load(loaded(100), { mode: 'replace' });
    const replaced = before / 3;
    expect(log.store.memoryBytes).toBe(replaced + 2 * before);
    expect(await keysOf(read)).toBe(300);
    expect(log.store.memoryBytes).toBe(replaced + before);
    expect(await fill()).toBeGreaterThan(850);
    await expect(keysOf(given)).rejects.toMatchObject({ code: 'STORE_FULL' });
  });
});

describe('what a load that replaces everything has read', () => {
  it('counts beside what is there: both fit, or nothing is changed', async () => {
    await putEach(0, 500);
    const before = await log.content();
    const bytes = log.store.memoryBytes;
    let most = 0;
    const watch = (): void => void (most = Math.max(most, log.store.memoryBytes));
    await expect(log.store.load(loaded(400, watch), { mode: 'replace' })).rejects.toMatchObject({
      code: 'STORE_FULL',
      message: expect.stringMatching(/does not fit beside what is there/),
    });
    expect(most).toBeGreaterThan(bytes);
    expect(most).toBeLessThanOrEqual(LIMIT);
    expect(await log.content()).toEqual(before);
    expect(log.store.memoryBytes).toBe(bytes);
    expect(await log.files()).toEqual(['lock', 'wal.log']);
    await log.store.load(loaded(250), { mode: 'replace' });
    expect(log.store.memoryBytes).toBe(bytes / 2);
    await log.reopen({ maxMemoryBytes: LIMIT });
    expect((await log.content()).entries).toHaveLength(250);
  });

  it('gives way to writes that need the room', async () => {
    const most = await fill();
    for (let i = 100; i < most; i++) await log.drop(keyOf(i));
    async function* slow(): AsyncGenerator<readonly Entry[]> {
      yield* loaded(400);
      expect(await fill()).toBe(most);
      yield [{ ...[...loaded(1)][0]![0]!, key: 'last' }];
    }
    await expect(log.store.load(slow(), { mode: 'replace' })).rejects.toMatchObject({ code: 'STORE_FULL' });
    expect((await log.store.stats()).keys).toBe(most);
  });

  it('does not take the place of all when writes that were on their way have left no room beside it', async () => {
    let synced = (): void => undefined;
    const held = new Promise<void>((resolve) => (synced = resolve));
    log.fileSystem.before = async (operation, name) => {
      if (operation === 'datasync' && name === 'wal.log') await held;
    };
    const writes = putEach(0, 400);
    async function* meanwhile(): AsyncGenerator<readonly Entry[]> {
      yield* loaded(600);
      synced();
      await writes;
    }
    await expect(log.store.load(meanwhile(), { mode: 'replace' })).rejects.toMatchObject({ code: 'STORE_FULL' });
    expect((await log.store.stats()).keys).toBe(400);
    expect(log.store.memoryBytes).toBe(400 * ENTRY_BYTES);
  });

  it('gives way also when all of it has come', async () => {
    await putEach(0, 100);
    async function* slow(): AsyncGenerator<readonly Entry[]> {
      yield* loaded(400);
      await fill();
    }
    await expect(log.store.load(slow(), { mode: 'replace' })).rejects.toMatchObject({ code: 'STORE_FULL' });
    expect((await log.store.stats()).keys).toBeGreaterThan(850);
    await log.reopen({ maxMemoryBytes: LIMIT });
    expect((await log.store.stats()).keys).toBeGreaterThan(850);
  });
});

describe('a disk with little space', () => {
  it.each([
    ['from the beginning', 0],
    ['in the midst of the load', 5000],
  ])('(%s) refuses a load, before it is full for everybody else', async (_when, from) => {
    await log.reopen({ maxMemoryBytes: Infinity });
    await log.put('old');
    const before = await log.content();
    const fillDisk = (number: number): void => void (log.fileSystem.free = number >= from ? 1_000_000 : Infinity);
    await expect(log.store.load(loaded(10_000, fillDisk), { mode: 'replace' })).rejects.toMatchObject({
      code: 'DISK_FULL',
      kind: 'full',
    });
    expect(await log.content()).toEqual(before);
    expect(await log.files()).toEqual(['lock', 'wal.log']);
    await log.put('new');
    log.fileSystem.free = Infinity;
    await log.store.load(loaded(10), { mode: 'replace' });
    expect((await log.content()).entries).toHaveLength(10);
  });
});
