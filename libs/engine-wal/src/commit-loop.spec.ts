import { beforeEach, describe, expect, it } from '@jest/globals';
import { WriteFailedError, type JsonText, type Transaction } from '@kvasir/kv-core';
import { CommitLoop, type CommitLoopOptions } from './commit-loop.js';
import { OrderedTable } from './table/ordered-table.js';

const set = (key: string): Transaction => ({
  atomic: false,
  operations: [{ type: 'set', key, value: '1' as JsonText }],
});

describe('a commit loop whose log has a group that memory does not take', () => {
  let groups: number;
  let failures: Error[];

  beforeEach(() => {
    groups = 0;
    failures = [];
  });

  function loopOver(table: OrderedTable, options: Partial<CommitLoopOptions> = {}): CommitLoop {
    const log = {
      write: async () => void groups++,
      close: async () => undefined,
    };
    const onFailure = (error: WriteFailedError): void => void failures.push(error);
    return new CommitLoop(
      table,
      log,
      { now: () => 1000 },
      { revision: 0, maxMemoryBytes: Infinity, onFailure, ...options },
    );
  }

  class FullTable extends OrderedTable {
    override set(): void {
      throw new RangeError('Map maximum size exceeded');
    }
  }

  it('answers every member with an error, says so once, and takes nothing more', async () => {
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
});
