import { describe, expect, it } from '@jest/globals';
import { modelRunSettings, timeLimit } from './check-against-model.js';

describe('the settings of random histories', () => {
  it('are a new seed and the default number of runs without variables, or with empty ones', () => {
    expect(modelRunSettings({})).toEqual({ runs: 200 });
    expect(modelRunSettings({ KV_SEED: '', KV_RUNS: '' })).toEqual({ runs: 200 });
  });

  it('come from KV_SEED and KV_RUNS', () => {
    expect(modelRunSettings({ KV_SEED: '-5', KV_RUNS: '7' })).toEqual({ seed: -5, runs: 7 });
    expect(modelRunSettings({ KV_SEED: '0' })).toEqual({ seed: 0, runs: 200 });
  });

  it.each([{ KV_SEED: 'x' }, { KV_SEED: '1.5' }, { KV_RUNS: 'many' }, { KV_RUNS: '0' }, { KV_RUNS: '-1' }])(
    'are refused when they are %j',
    (environment) => {
      expect(() => modelRunSettings(environment)).toThrow(/KV_(SEED|RUNS) is .* integer|KV_RUNS is .* from 1/);
    },
  );

  it('leave each history the same time, and a few of them a minute', () => {
    expect(timeLimit({ runs: 1 })).toBe(60_000);
    expect(timeLimit({ runs: 10_000 })).toBe(6_000_000);
  });
});
