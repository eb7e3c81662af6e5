import { describe, expect, it } from '@jest/globals';
import { KEPT_RUNS, RunHistory } from './run-history.js';
import type { RunRecord } from './run-record.js';

function run(id: string): RunRecord {
  return {
    id,
    workflow: 'deletion',
    testName: 'test_deletion',
    startedAt: 0,
    durationMs: 1,
    failure: undefined,
    steps: [],
    cleanUp: [],
  };
}

describe('the history of runs', () => {
  it('lists the newest first', () => {
    const history = new RunHistory();
    history.add(run('a'));
    history.add(run('b'));
    expect(history.list().map(({ id }) => id)).toEqual(['b', 'a']);
    expect(history.get('a')).toEqual(run('a'));
    expect(history.get('c')).toBeUndefined();
  });

  it(`keeps the last ${KEPT_RUNS}`, () => {
    const history = new RunHistory();
    for (let i = 0; i < KEPT_RUNS + 3; i++) history.add(run(String(i)));
    expect(history.list()).toHaveLength(KEPT_RUNS);
    expect(history.get('2')).toBeUndefined();
    expect(history.get('3')).toBeDefined();
    expect(history.list()[0]?.id).toBe(String(KEPT_RUNS + 2));
  });
});
