import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { systemError } from './testing/faulty-file-system.js';
import { LogStoreFixture } from './testing/log-store-fixture.js';

let log: LogStoreFixture;

beforeEach(async () => {
  log = await LogStoreFixture.create();
});
afterEach(async () => {
  jest.useRealTimers();
  await log.destroy();
});

const SYNC = 'datasync wal.log';
const WRITE = 'write wal.log';

function puts(from: number, to: number): Promise<unknown>[] {
  return Array.from({ length: to - from }, (_, i) => log.put(`key ${from + i}`));
}

describe('FSYNC=always', () => {
  it('takes one write and at most one sync for all who wait together', async () => {
    await log.open({ fsync: 'always' });
    await log.put('first');
    const [writes, syncs] = [log.fileSystem.count(WRITE), log.fileSystem.count(SYNC)];
    expect([writes, syncs]).toEqual([1, 1]);
    for (let round = 0; round < 10; round++) await Promise.all(puts(round * 64, round * 64 + 64));
    expect(log.fileSystem.count(WRITE) - writes).toBe(10);
    expect(log.fileSystem.count(SYNC) - syncs).toBe(10);
  });

  it('syncs nothing for transactions that change nothing', async () => {
    await log.open({ fsync: 'always' });
    await log.drop('missing');
    expect([log.fileSystem.count(WRITE), log.fileSystem.count(SYNC)]).toEqual([0, 0]);
  });

  it('answers nobody before the sync has ended, and shows nothing before', async () => {
    await log.open({ fsync: 'always' });
    await log.put('a', '1');
    let answered = false;
    const reached = new Promise<() => void>((resolve) => {
      log.fileSystem.before = (operation) =>
        operation === 'datasync' ? new Promise<void>((goOn) => resolve(goOn)) : undefined;
    });
    const write = log.put('a', '2').then(() => (answered = true));
    const goOn = await reached;
    expect((await log.store.get('a'))?.value).toBe('1');
    expect(answered).toBe(false);
    log.fileSystem.heal();
    goOn();
    await write;
    expect((await log.store.get('a'))?.value).toBe('2');
  });
});

describe('FSYNC=never', () => {
  it('syncs a new log once, and then only at a clean stop', async () => {
    await log.open({ fsync: 'never' });
    await log.put('first');
    const syncs = log.fileSystem.count(SYNC);
    expect(syncs).toBe(1);
    await Promise.all(puts(0, 100));
    await Promise.all(puts(100, 200));
    expect(log.fileSystem.count(SYNC)).toBe(syncs);
    await log.store.close();
    expect(log.fileSystem.count(SYNC)).toBe(syncs + 2);
  });
});

describe('FSYNC=everysec', () => {
  beforeEach(() => {
    jest.useFakeTimers({
      doNotFake: ['setImmediate', 'setTimeout', 'nextTick', 'performance', 'queueMicrotask', 'Date'],
    });
  });

  async function oneSecond(): Promise<void> {
    jest.advanceTimersByTime(1000);
    // The sync is begun by now; a write waits for nothing of it, so a close of one's own would. Let it end.
    for (let i = 0; i < 50; i++) await new Promise(setImmediate);
  }

  it('syncs once a second, if there is something to sync', async () => {
    await log.open({ fsync: 'everysec' });
    await log.put('first');
    const syncs = log.fileSystem.count(SYNC);
    await Promise.all(puts(0, 10));
    await Promise.all(puts(10, 20));
    expect(log.fileSystem.count(SYNC)).toBe(syncs);
    await oneSecond();
    expect(log.fileSystem.count(SYNC)).toBe(syncs + 1);
    await oneSecond();
    expect(log.fileSystem.count(SYNC)).toBe(syncs + 1);
  });

  it('ends the log when such a sync fails', async () => {
    await log.open({ fsync: 'everysec' });
    await log.put('first');
    await log.put('second');
    log.fileSystem.fail('datasync', 'wal.log', 'EIO');
    await oneSecond();
    expect(log.failures).toHaveLength(1);
    expect(log.failures[0]).toMatchObject({ code: 'WRITE_FAILED', message: expect.stringContaining('EIO') });
    log.fileSystem.heal();
    await expect(log.put('third')).rejects.toMatchObject({ code: 'WRITE_FAILED' });
    expect(await log.store.get('third')).toBeUndefined();
  });
});

describe('a store whose FSYNC changes between runs', () => {
  it('keeps everything, whichever way', async () => {
    await log.open({ fsync: 'never' });
    let expected = 0;
    for (const fsync of ['everysec', 'always', 'never', 'always', 'everysec', 'never'] as const) {
      await Promise.all(puts(expected, expected + 30));
      expected += 30;
      const crashed = await log.crash();
      expect((await crashed.content()).entries).toHaveLength(expected);
      await crashed.destroy();
      await log.reopen({ fsync });
      expect((await log.content()).entries).toHaveLength(expected);
    }
  });
});

describe('a full disk', () => {
  it.each(['ENOSPC', 'EDQUOT'])('(%s) refuses every write, serves reads, and ends by itself', async (code) => {
    await log.open();
    await log.put('a', '1');
    log.fileSystem.fail('write', 'wal.log', code);
    const outcomes = await Promise.allSettled([log.put('a', '2'), log.drop('a'), log.put('b')]);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'DISK_FULL', kind: 'full' } });
    }
    expect((await log.store.get('a'))?.value).toBe('1');
    expect((await log.store.stats()).keys).toBe(1);
    log.fileSystem.heal();
    await log.put('a', '3');
    expect(log.failures).toEqual([]);
    await log.reopen();
    expect(await log.content()).toMatchObject({ entries: [{ key: 'a', value: '3', revision: 2 }], revision: 2 });
  });

  it('does not keep a store from closing', async () => {
    await log.open();
    await log.put('a');
    log.fileSystem.fail('write', 'wal.log', 'ENOSPC');
    await log.store.close();
    log.fileSystem.heal();
    await log.open();
    expect((await log.content()).entries).toHaveLength(1);
  });

  it('lets the sweep free memory', async () => {
    await log.open();
    await log.put('a', '1', 10);
    log.clock.advance(10);
    log.fileSystem.fail('write', 'wal.log', 'ENOSPC');
    expect(await log.store.purgeExpired(10)).toBe(1);
  });
});

describe('a disk that fails', () => {
  it('(a write, where the sync is another call) refuses that write and goes on', async () => {
    await log.destroy();
    log = await LogStoreFixture.create({ oneCall: false });
    await log.open();
    await log.put('a');
    log.fileSystem.fail('write', 'wal.log', 'EIO');
    await expect(log.put('b')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    log.fileSystem.heal();
    await log.put('b');
    expect(log.failures).toEqual([]);
  });

  it.each(['write wal.log', 'datasync wal.log', 'truncate wal.log'])(
    '(%s) acknowledges nothing more, and says so once',
    async (call) => {
      await log.open();
      await log.put('a');
      log.fileSystem.before = (operation, name) => {
        const asked = `${operation} ${name}`;
        if (asked === call) throw systemError('EIO');
        if (call.startsWith('truncate') && asked === WRITE) throw systemError('ENOSPC');
      };
      await expect(log.put('b')).rejects.toMatchObject({ code: 'WRITE_FAILED' });
      log.fileSystem.heal();
      for (const write of [log.put('c'), log.drop('a')]) {
        await expect(write).rejects.toMatchObject({ code: 'WRITE_FAILED' });
      }
      expect(log.failures).toHaveLength(1);
      expect(await log.store.get('a')).toBeDefined();
      expect(await log.store.get('c')).toBeUndefined();
    },
  );
});

describe('a wall clock that steps', () => {
  it('back, brings nothing back: not while running, and not after a crash', async () => {
    await log.open();
    await log.put('short', '1', 1000);
    await log.put('long', '1', 100_000);
    log.clock.advance(1500);
    expect(await log.store.get('short')).toBeUndefined();
    await log.store.purgeExpired(1000);
    log.clock.advance(-60_000);
    expect(await log.store.get('short')).toBeUndefined();
    const crashed = await log.crash();
    expect((await crashed.content()).entries.map(({ key }) => key)).toEqual(['long']);
    await crashed.destroy();
  });

  it('back while the service was down, brings nothing back that the run before had swept at its start', async () => {
    await log.open();
    await log.put('short', '1', 1000);
    await log.store.close();
    log.clock.advance(1500);
    await log.open();
    expect(await log.store.get('short')).toBeUndefined();
    await log.store.purgeExpired(1000);
    log.clock.advance(-60_000);
    const crashed = await log.crash();
    expect((await crashed.content()).entries).toEqual([]);
    await crashed.destroy();
  });

  it('back, lets time stand still until it catches up, so that nothing expires early', async () => {
    await log.open();
    await log.put('a', '1', 1000);
    log.clock.advance(-500);
    await log.put('b', '1', 1000);
    log.clock.advance(1499);
    expect((await log.content()).entries).toHaveLength(2);
    log.clock.advance(1);
    expect((await log.content()).entries).toHaveLength(0);
  });

  it('forward, expires nothing by more than the step, and stays there over a restart', async () => {
    await log.open();
    await log.put('a', '1', 10_000);
    await log.put('b', '1', 20_000);
    log.clock.advance(15_000);
    await log.put('c', '1', 1000);
    log.clock.advance(-15_000);
    await log.reopen();
    expect((await log.content()).entries.map(({ key }) => key)).toEqual(['b', 'c']);
    log.clock.advance(16_000);
    expect((await log.content()).entries.map(({ key }) => key)).toEqual(['b']);
  });

  it('costs the log one seal for each sweep that found something, and none when writes tell the time', async () => {
    await log.open();
    for (let i = 0; i < 3; i++) await log.put(`key ${i}`, '1', 1000 + i);
    await log.store.purgeExpired(1000);
    log.clock.advance(1001);
    await log.put('later');
    await log.store.purgeExpired(1000);
    expect(await log.ops()).toEqual(['set', 'set', 'set', 'set']);
    log.clock.advance(1);
    await log.store.purgeExpired(1000);
    await log.store.purgeExpired(1000);
    expect(await log.ops()).toEqual(['set', 'set', 'set', 'set', 'seal']);
  });

  it.each(['everysec', 'never'] as const)(
    'is told to the log with FSYNC=%s too, all before it synced',
    async (fsync) => {
      await log.open({ fsync });
      await log.put('a', '1', 10);
      await log.put('b', '1', 10);
      log.clock.advance(10);
      log.fileSystem.calls.length = 0;
      await log.store.purgeExpired(10);
      expect(log.fileSystem.calls).toEqual([SYNC, WRITE, SYNC]);
      log.clock.advance(-10);
      const crashed = await log.crash();
      expect((await crashed.content()).entries).toEqual([]);
      await crashed.destroy();
    },
  );

  it('is told by the next sweep when the disk was full at the first', async () => {
    await log.open();
    await log.put('a', '1', 10);
    log.clock.advance(10);
    log.fileSystem.fail('write', 'wal.log', 'ENOSPC');
    await log.store.purgeExpired(10);
    log.fileSystem.heal();
    await log.store.purgeExpired(10);
    expect(await log.ops()).toEqual(['set', 'seal']);
  });
});
