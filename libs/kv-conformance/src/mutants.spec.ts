import { describe, expect, it } from '@jest/globals';
import { ALL_CONCERNS } from './concerns/all-concerns.js';
import { casesFor, checkCase } from './conformance-case.js';
import type { ConformanceEngine } from './harness.js';
import { checkAgainstModel } from './model/check-against-model.js';
import { MUTANTS } from './testing/mutants/all-mutants.js';
import type { Mutant } from './testing/mutants/mutant.js';
import { referenceEngine } from './testing/reference-store.js';

// Any seed that finds every mutant would do; a fixed one makes this spec give the same answer each time.
const MODEL_SETTINGS = { seed: 20_300_101, runs: 200 };

function engineOf({ capabilities = { durable: true, shared: false }, Store, restart }: Mutant): ConformanceEngine {
  return referenceEngine(capabilities, Store, restart);
}

/** The titles of a concern's tests that an engine fails. */
async function failuresOf(concernName: string, engine: ConformanceEngine): Promise<string[]> {
  const concern = ALL_CONCERNS.find(({ name }) => name === concernName);
  if (concern === undefined) throw new Error(`there is no concern ${concernName}`);
  const failed: string[] = [];
  for (const testCase of casesFor(concern, engine.capabilities)) {
    await checkCase(testCase, engine).catch(() => failed.push(testCase.title));
  }
  return failed;
}

describe('the conformance suite fails an engine that', () => {
  it.each(MUTANTS)('$mistake, in its tests of $caughtBy', async (mutant) => {
    expect(await failuresOf(mutant.caughtBy, engineOf(mutant))).not.toEqual([]);
  });
});

describe('random histories fail an engine that', () => {
  it.each(MUTANTS.filter((mutant) => mutant.caughtByModel))('$mistake, and name the seed', async (mutant) => {
    await expect(checkAgainstModel(engineOf(mutant), MODEL_SETTINGS)).rejects.toThrow('seed: 20300101');
  });
});

describe('the conformance suite', () => {
  it('has every concern caught in the act by some broken engine', () => {
    // Increments are kv-core's own arithmetic, which no engine does for itself.
    const watched = ALL_CONCERNS.map(({ name }) => name).filter((name) => name !== 'increments');
    expect(new Set(MUTANTS.map((mutant) => mutant.caughtBy))).toEqual(new Set(watched));
  });

  it('gives every engine the same number of tests, whatever its capabilities', () => {
    const counts = [true, false].flatMap((durable) =>
      [true, false].map((shared) =>
        ALL_CONCERNS.reduce((sum, concern) => sum + casesFor(concern, { durable, shared }).length, 0),
      ),
    );
    expect(new Set(counts).size).toBe(1);
  });

  it('refuses an engine whose stores say something else than it does', async () => {
    const engine = referenceEngine({ durable: true, shared: false });
    const [testCase] = casesFor(
      { name: 'any', cases: [{ title: 'nothing', run: async () => undefined }] },
      engine.capabilities,
    );
    if (testCase === undefined) throw new Error('there is no case');
    const lying: ConformanceEngine = { ...engine, capabilities: { durable: true, shared: true } };
    await expect(checkCase(testCase, engine)).resolves.toBeUndefined();
    await expect(checkCase(testCase, lying)).rejects.toThrow('shared');
  });
});
