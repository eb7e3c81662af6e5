import { beforeEach, describe, expect, it } from '@jest/globals';
import { DiskFullError, KeyInvalidError, StoreFullError, StoreUnavailableError } from '@kvasir/kv-core';
import { StoreHealth } from './store-health.js';

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('StoreHealth', () => {
  let now: number;
  let timers: { work: () => void; ms: number }[];
  let tries: number;
  let failure: Error | undefined;
  let changes: (string | undefined)[];

  beforeEach(() => {
    now = 0;
    timers = [];
    tries = 0;
    failure = undefined;
    changes = [];
  });

  function health(remote = false): StoreHealth {
    return new StoreHealth({
      remote,
      probe: async () => {
        tries++;
        await Promise.resolve();
        if (failure !== undefined) throw failure;
      },
      onChange: (problem) => changes.push(problem),
      elapsed: () => now,
      setTimeout: (work, ms) => {
        timers.push({ work, ms });
        return { unref: () => undefined };
      },
    });
  }

  it('tries nothing by itself, and nothing when it is asked about a store of this process', async () => {
    expect(await health().check()).toBeUndefined();
    expect(tries).toBe(0);
  });

  it('does not take one failed request for a problem when a try goes well', async () => {
    const store = health();
    store.suspect(new DiskFullError('full'));
    await settled();
    expect([tries, store.problem, changes]).toEqual([1, undefined, []]);
  });

  it('tries once a second at most while requests fail and tries go well', async () => {
    const store = health();
    for (now = 0; now < 3000; now += 100) {
      store.suspect(new DiskFullError('full'));
      await settled();
    }
    expect(tries).toBe(3);
  });

  it('has a problem when the try fails, and tries each second until one goes well', async () => {
    const store = health();
    failure = new DiskFullError('the disk is full');
    store.suspect(new DiskFullError('full'));
    store.suspect(new DiskFullError('full'));
    await settled();
    expect([tries, store.problem, changes]).toEqual([1, 'the disk is full', ['the disk is full']]);
    store.suspect(new DiskFullError('full'));
    expect(timers.map(({ ms }) => ms)).toEqual([1000]);
    timers.shift()!.work();
    await settled();
    expect([tries, changes, timers.length]).toEqual([2, ['the disk is full'], 1]);
    failure = undefined;
    timers.shift()!.work();
    await settled();
    expect([tries, store.problem, changes, timers.length]).toEqual([3, undefined, ['the disk is full', undefined], 0]);
  });

  it('is not made suspicious by what only concerns one request, nor by a full memory', async () => {
    const store = health();
    store.suspect(new KeyInvalidError('too long'));
    store.suspect(new StoreFullError('full'));
    store.suspect(new Error('unexpected'));
    await settled();
    expect(tries).toBe(0);
  });

  it('tries a remote store when it is asked, once for all who ask within a second', async () => {
    const store = health(true);
    failure = new StoreUnavailableError('gone');
    expect(await Promise.all([store.check(), store.check()])).toEqual(['gone', 'gone']);
    expect(tries).toBe(1);
    failure = undefined;
    timers.shift()!.work();
    await settled();
    expect([await store.check(), tries]).toEqual([undefined, 2]);
    now += 1000;
    expect([await store.check(), tries]).toEqual([undefined, 3]);
  });

  it('stops trying when it is stopped', async () => {
    const store = health(true);
    failure = new StoreUnavailableError('gone');
    await store.check();
    store.stop();
    timers.shift()!.work();
    store.suspect(new DiskFullError('full'));
    await settled();
    expect([tries, timers.length]).toEqual([1, 0]);
  });
});
