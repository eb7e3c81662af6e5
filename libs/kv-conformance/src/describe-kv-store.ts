import { describe, expect, it } from '@jest/globals';
import { ALL_CONCERNS } from './concerns/all-concerns.js';
import { casesFor, checkCase } from './conformance-case.js';
import type { ConformanceEngine } from './harness.js';
import { checkAgainstModel, modelRunSettings, timeLimit } from './model/check-against-model.js';

/**
 * Registers the suite that every engine passes, as Jest tests. It is the whole of an engine's conformance spec besides the
 * harness; whoever calls it cannot leave a test out.
 *
 * Two environment variables set its random part: `KV_SEED` (an integer; a failure prints the seed that repeats it) and
 * `KV_RUNS` (how many random histories are tried, 1 or more).
 *
 * @param name the engine's name, for the tests' titles
 */
export function describeKvStore(name: string, engine: ConformanceEngine): void {
  describe(`${name} keeps what the KvStore port promises:`, () => {
    for (const concern of ALL_CONCERNS) {
      describe(concern.name, () => {
        it.each(casesFor(concern, engine.capabilities))('$title', async (testCase) => {
          await expect(checkCase(testCase, engine)).resolves.toBeUndefined();
        });
      });
    }

    describe('random histories', () => {
      const settings = modelRunSettings(process.env);
      it(
        'are answered as a plain model of the store answers them',
        async () => {
          await checkAgainstModel(engine, settings);
        },
        timeLimit(settings) + 30_000,
      );
    });
  });
}
