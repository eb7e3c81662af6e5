import { beforeEach, describe, expect, it } from '@jest/globals';
import { NEVER, WriteFailedError, type Clock, type Entry, type JsonText, type Transaction } from '@kvasir/kv-core';
import { CommitLoop, type CommitLoopOptions } from './commit-loop.js';
import { MemoryBudget } from './memory-budget.js';
import { OrderedTable } from './table/ordered-table.js';

const set = (key: string): Transaction => ({
  atomic: false,
  operations: [{ type: 'set', key, value: '1' as JsonText }],
});

const entry = (key: string): Entry => ({
  key,
  value: '1' as JsonText,
  revision: 1,
  createdAt: 1,
  updatedAt: 1,
  expiresAt: NEVER,
});

describe('a commit loop', () => {
  let groups: number;
  let failures: Error[];

  beforeEach(() => {
    groups = 0;
    failures = [];
  });

  function loopOver(
    table: OrderedTable,
    options: Partial<CommitLoopOptions> = {},
    clock: Clock = { now: () => 1000 },
  ): CommitLoop {
    const log = {
      write: async () => void groups++,
      close: async () => undefined,
    };
    const onFailure = (error: WriteFailedError): void => void failures.push(error);
    return new CommitLoop(table, log, clock, {
      revision: 0,
      memory: new MemoryBudget(table, Infinity),
      onFailure,
      ...options,
    });
  }

  class FullTable extends OrderedTable {
    override set(): void {
      throw new RangeError('Map maximum size exceeded');
    }
  }

  it('whose log has a group that memory does not take answers every member with an error, says so once, and takes nothing more', async () => {
    const loop = loopOver(new FullTable());
    const members = await Promise.allSettled([loop.commit(set('a')), loop.commit(set('b'))]);
    for (const member of members) {
      expect(member).toEqual({ status: 'rejected', reason: expect.any(WriteFailedError) });
    }
    expect(failures).toEqual([
      expect.objectContaining({ message: expect.stringContaining('into memory'), cause: expect.any(RangeError) }),
    ]);
    await expect(loop.commit(set('c'))).rejects.toBe(failures[0]);
    expect([groups, failures.length]).toEqual([1, 1]);
    await loop.close();
  });

  it('that has failed does no work between two groups any more', async () => {
    const loop = loopOver(new FullTable());
    let worked = 0;
    const asked = [loop.commit(set('a')), loop.between(() => ++worked)];
    await Promise.allSettled(asked);
    expect(worked).toBe(1);
    await expect(loop.between(() => ++worked)).rejects.toBe(failures[0]);
    await expect(loop.put([entry('b')], () => ++worked)).rejects.toBe(failures[0]);
    expect([worked, groups]).toEqual([1, 1]);
    await loop.close();
  });

  it('calls back when entries are visible, before what waits behind them is run', async () => {
    let now = 1000;
    const table = new OrderedTable();
    const loop = loopOver(table, {}, { now: () => now });
    const seen: (number | undefined)[] = [];
    const putting = loop.put([entry('a')], () => {
      seen.push(table.peek('a')?.updatedAt, table.peek('b')?.updatedAt);
      now = 5000;
    });
    await Promise.all([putting, loop.commit(set('b'))]);
    expect([...seen, table.peek('b')?.updatedAt]).toEqual([1, undefined, 5000]);
    await loop.close();
  });

  it('has answered what was written when what follows fails, and takes nothing more', async () => {
    const loop = loopOver(new OrderedTable(), {
      afterGroup: () => {
        throw new TypeError('a mistake');
      },
    });
    expect(await loop.commit(set('a'))).toMatchObject({ committed: true, revision: 1 });
    await expect(loop.commit(set('b'))).rejects.toThrow(WriteFailedError);
    expect(failures).toEqual([expect.objectContaining({ cause: expect.any(TypeError) })]);
    await loop.close();
  });

  describe('whose members are many clients, each with one write at a time', () => {
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

    /**
     * The sizes of the first two groups, when the first has `first` members, one more writes meanwhile, and those of the first write again a turn after they were answered.
     *
     * @param times what the loop's clock shows, one look after the other, the last one from then on
     */
    async function sizesOf(first: number, times: number[]): Promise<number[]> {
      const sizes: number[] = [];
      const table = new OrderedTable();
      let other: Promise<unknown> | undefined;
      const log = {
        write: async (transactions: readonly unknown[]): Promise<void> => {
          sizes.push(transactions.length);
          other ??= loop.commit(set('other'));
        },
        close: async () => undefined,
      };
      const loop = new CommitLoop(
        table,
        log,
        { now: () => 1000 },
        {
          revision: 0,
          memory: new MemoryBudget(table, Infinity),
          onFailure: () => undefined,
          elapsed: () => (times.length > 1 ? times.shift()! : times[0]!),
        },
      );
      const client = async (_: unknown, i: number): Promise<void> => {
        await loop.commit(set(`key ${i}`));
        await turn();
        await loop.commit(set(`key ${i}`));
      };
      await Promise.all(Array.from({ length: first }, client));
      await other;
      return sizes.slice(0, 2);
    }

    it('waits a little for those whom it has just answered, so that one sync serves all', async () => {
      expect(await sizesOf(3, [0, 1, 1.9])).toEqual([3, 4]);
    });

    it('waits for the time of the last sync at most, and no more than 2 ms', async () => {
      expect(await sizesOf(3, [0, 1, 2])).toEqual([3, 1]);
      expect(await sizesOf(3, [0, 100, 102])).toEqual([3, 1]);
    });

    it('does not wait for more than it could handle in that time', async () => {
      expect(await sizesOf(32, [0, 1, 1.9])).toEqual([32, 1]);
    });
  });
});
