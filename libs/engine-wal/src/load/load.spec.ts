import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { trustJsonText, type Entry } from '@kvasir/kv-core';
import { openMemoryStore } from '../open-memory-store.js';
import { LogStoreFixture, START } from '../testing/log-store-fixture.js';

const LOAD_FILE = 'wal.log.load';

let log: LogStoreFixture;
beforeEach(async () => {
  log = await LogStoreFixture.create();
});
afterEach(() => log.destroy());

function entry(key: string, fields: Partial<Entry> = {}): Entry {
  return {
    key,
    value: trustJsonText('"loaded"'),
    revision: 5,
    createdAt: START - 10,
    updatedAt: START - 5,
    expiresAt: Infinity,
    ...fields,
  };
}

function many(count: number): Entry[] {
  return Array.from({ length: count }, (_, i) => entry(`key-${String(i).padStart(6, '0')}`, { revision: i + 1 }));
}

function* inBatches(entries: readonly Entry[]): Generator<readonly Entry[]> {
  for (let at = 0; at < entries.length; at += 100) yield entries.slice(at, at + 100);
}

describe('a load into a store with a log', () => {
  it('is a compacted part and two seals, which a reader takes for the whole log', async () => {
    await log.open();
    await log.put('old');
    await log.store.load([[entry('a'), entry('b', { expiresAt: START + 5000 })]], { mode: 'replace', revision: 9 });
    expect(await log.ops()).toEqual(['set', 'set', 'seal', 'seal']);
    expect(await log.files()).toEqual(['lock', 'wal.log']);
    await log.put('next');
    const crashed = await log.crash();
    expect(await crashed.content()).toEqual(await log.content());
    expect((await crashed.content()).revision).toBe(10);
    await crashed.destroy();
  });

  it('that is cut off leaves a file that the next start removes, and the log as it was', async () => {
    await log.open();
    await log.put('old');
    const before = await log.content();
    const log2 = `${log.logPath}.copy`;
    let leftBehind = '';
    async function* cutOff(): AsyncGenerator<readonly Entry[]> {
      yield* inBatches(many(3000));
      await copyFile(log.logPath, log2);
      leftBehind = await readFile(`${log.directory}/${LOAD_FILE}`, 'utf8');
      throw new Error('cut off');
    }
    await expect(log.store.load(cutOff(), { mode: 'replace' })).rejects.toThrow('cut off');
    expect(leftBehind.length).toBeGreaterThan(100_000);
    expect(await log.files()).not.toContain(LOAD_FILE);
    await log.store.close();
    await copyFile(log2, log.logPath);
    await writeFile(`${log.directory}/${LOAD_FILE}`, leftBehind);
    await log.open();
    expect(await log.files()).not.toContain(LOAD_FILE);
    expect(await log.content()).toEqual(before);
  });

  it.each([
    ['open', 'EACCES', 'STORE_UNAVAILABLE'],
    ['write', 'ENOSPC', 'DISK_FULL'],
    ['datasync', 'EIO', 'STORE_UNAVAILABLE'],
    ['sync', 'EIO', 'STORE_UNAVAILABLE'],
    ['rename', 'EIO', 'STORE_UNAVAILABLE'],
  ] as const)('that fails (%s: %s) changes nothing, and another one may follow', async (operation, error, code) => {
    await log.open();
    await log.put('old');
    const before = await log.content();
    log.fileSystem.fail(operation, LOAD_FILE, error);
    const load = log.store.load(inBatches(many(3000)), { mode: 'replace' });
    await expect(load).rejects.toMatchObject({ code });
    expect(await log.content()).toEqual(before);
    expect(await log.files()).toEqual(['lock', 'wal.log']);
    log.fileSystem.heal();
    await log.put('next');
    await log.store.load([[entry('a')]], { mode: 'replace' });
    expect(log.failures).toEqual([]);
    const after = await log.content();
    await log.reopen();
    expect(await log.content()).toEqual(after);
  });

  it('ends the log when nobody knows which file a power cut would leave', async () => {
    await log.open();
    await log.put('old');
    log.fileSystem.fail('syncDirectory', 'folder', 'EIO');
    await expect(log.store.load([[entry('a')]], { mode: 'replace' })).rejects.toMatchObject({ code: 'WRITE_FAILED' });
    expect(log.failures).toHaveLength(1);
    await expect(log.put('b')).rejects.toMatchObject({ code: 'WRITE_FAILED' });
  });

  it('of more than memory may hold changes nothing', async () => {
    await log.open({ maxMemoryBytes: 100_000 });
    await log.put('old');
    const before = await log.content();
    const load = log.store.load(inBatches(many(3000)), { mode: 'replace' });
    await expect(load).rejects.toMatchObject({ code: 'STORE_FULL' });
    expect(await log.content()).toEqual(before);
    await expect(log.store.load(inBatches(many(3000)), { mode: 'merge' })).rejects.toMatchObject({
      code: 'STORE_FULL',
    });
    expect((await log.store.stats()).keys).toBeGreaterThan(1);
    const after = await log.content();
    await log.reopen();
    expect(await log.content()).toEqual(after);
  });

  it('waits for a compaction, and is not undone by it', async () => {
    await log.open();
    for (let i = 0; i < 50; i++) await log.put(`old-${i}`);
    log.maintenance.compact();
    await log.store.load(inBatches(many(300)), { mode: 'replace' });
    expect(await log.compactionEnd()).toMatchObject({ type: 'completed' });
    expect((await log.content()).entries).toHaveLength(300);
    expect(await log.compact()).toMatchObject({ type: 'completed', compaction: { entries: 300 } });
    const before = await log.content();
    await log.reopen();
    expect(await log.content()).toEqual(before);
  });

  it.each(['replace', 'merge'] as const)(
    '(%s) has time go on from its latest entry, also after a crash',
    async (mode) => {
      await log.open();
      const ahead = START + 3_600_000;
      await log.put('short', '1', 1000);
      await log.store.load([[entry('a', { updatedAt: ahead })]], { mode });
      expect(await log.store.get('short')).toBeUndefined();
      await log.put('b');
      expect((await log.store.get('b'))?.updatedAt).toBe(ahead);
      const crashed = await log.crash();
      await crashed.put('c');
      expect((await crashed.store.get('c'))?.updatedAt).toBe(ahead);
      await crashed.destroy();
    },
  );

  it('over a merged entry keeps its created time in the log', async () => {
    await log.open();
    await log.put('a', '"old"');
    log.clock.advance(50);
    await log.store.load([[entry('a'), entry('b', { createdAt: START - 5 })]], { mode: 'merge' });
    await log.put('a', '"new"');
    const crashed = await log.crash();
    expect(await crashed.content()).toEqual(await log.content());
    expect(await crashed.store.get('a')).toMatchObject({ createdAt: START - 10, updatedAt: START + 50, revision: 4 });
    expect(await crashed.store.get('b')).toMatchObject({ createdAt: START - 5, updatedAt: START - 5, revision: 3 });
    await crashed.destroy();
  });
});

describe('a snapshot of a table', () => {
  it('puts nothing aside for what its reader has passed, and nothing any more once it is closed', async () => {
    const store = openMemoryStore({ clock: log.clock });
    const put = (key: string) =>
      store.commit({ atomic: true, operations: [{ type: 'set', key, value: trustJsonText('"new"') }] });
    await store.load(inBatches(many(1000)), { mode: 'fill' });
    const [passed, ahead] = [many(1000)[0]!, many(1000)[900]!];
    const snapshot = await store.snapshot();
    const seen: Entry[] = [];
    for await (const batch of snapshot) {
      expect(batch.length).toBeLessThanOrEqual(257);
      seen.push(...batch);
      await put(passed.key);
      await put(ahead.key);
      await put(`${ahead.key}-new`);
    }
    expect(seen).toEqual(many(1000));
    await store.close();
  });
});
