import { expect } from '@jest/globals';
import type { Entry, KvError, KvStore, OperationResult, Transaction, TransactionResult } from '@kvasir/kv-core';
import fc from 'fast-check';
import { isDeepStrictEqual } from 'node:util';
import { withStore } from '../conformance-case.js';
import type { ConformanceEngine, KvStoreHarness } from '../harness.js';
import { EVERYTHING, plainEntry, plainStats } from '../support.js';
import { ModelStore } from './model-store.js';
import { history, type RandomEntry, type RandomTransaction, type Step } from './steps.js';

const DEFAULT_RUNS = 200;

/** Room for an engine that syncs each commit to a slow disk. */
const MOST_MS_PER_RUN = 600;

/** How the random part of the suite runs. */
export interface ModelRunSettings {
  /** A 32-bit integer; absent: a new one each time. */
  readonly seed?: number;
  /** How many random histories are tried. */
  readonly runs: number;
}

/**
 * Reads `KV_SEED` and `KV_RUNS`. A variable set to nothing counts as unset.
 *
 * @throws Error when a variable is not an integer, or the number of runs is below 1
 */
export function modelRunSettings(environment: Readonly<Record<string, string | undefined>>): ModelRunSettings {
  const seed = integerVariable(environment, 'KV_SEED');
  const runs = integerVariable(environment, 'KV_RUNS') ?? DEFAULT_RUNS;
  if (runs < 1) throw new Error(`KV_RUNS is ${runs}; it is a whole number from 1`);
  return seed === undefined ? { runs } : { runs, seed };
}

function integerVariable(environment: Readonly<Record<string, string | undefined>>, name: string): number | undefined {
  const text = environment[name] ?? '';
  if (text === '') return undefined;
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new Error(`${name} is ${JSON.stringify(text)}; it is an integer`);
  return value;
}

/** How long the histories may take together, shrinking included, in milliseconds. */
export function timeLimit({ runs }: ModelRunSettings): number {
  return Math.max(60_000, runs * MOST_MS_PER_RUN);
}

/**
 * Plays random histories on the engine and on {@link ModelStore}, and compares every answer, and all that the store holds
 * after each step. Rejects with the shortest history that it found to differ, and with the seed that repeats it.
 */
export async function checkAgainstModel(engine: ConformanceEngine, settings: ModelRunSettings): Promise<void> {
  const property = fc.asyncProperty(history, async (steps) => {
    await withStore(engine, async (store, harness) => {
      const player = new HistoryPlayer(store, harness);
      for (const step of steps) await player.play(step);
    });
  });
  const seed = settings.seed === undefined ? {} : { seed: settings.seed };
  // A slow engine's failure must be told, with its seed, before Jest's own limit ends the test without either.
  const limit = { interruptAfterTimeLimit: timeLimit(settings), markInterruptAsFailure: true };
  await fc.assert(property, { numRuns: settings.runs, ...seed, ...limit });
}

/** One history under way, on the store and on the model. */
class HistoryPlayer {
  #store: KvStore;
  readonly #harness: KvStoreHarness;
  readonly #model: ModelStore;

  constructor(store: KvStore, harness: KvStoreHarness) {
    this.#store = store;
    this.#harness = harness;
    this.#model = new ModelStore(harness.now());
  }

  async play(step: Step): Promise<void> {
    await this.#perform(step);
    const { items, more } = await this.#store.list(EVERYTHING);
    expect({ entries: items.map(plainEntry), more }).toEqual({
      entries: this.#model.list(EVERYTHING).items,
      more: false,
    });
    expect(plainStats(await this.#store.stats())).toEqual(this.#model.stats());
  }

  async #perform(step: Step): Promise<void> {
    switch (step.type) {
      case 'commit':
        await this.#commitAtOnce([step.transaction]);
        break;
      case 'commit at once':
        await this.#commitAtOnce(step.transactions);
        break;
      case 'get': {
        const entry = await this.#store.get(step.key);
        expect(entry === undefined ? undefined : plainEntry(entry)).toEqual(this.#model.get(step.key));
        break;
      }
      case 'list': {
        const expected = this.#model.list(step.query);
        const entries = await this.#store.list(step.query);
        expect({ items: entries.items.map(plainEntry), more: entries.more }).toEqual(expected);
        const { items, more } = await this.#store.listKeys(step.query);
        expect({ items: [...items], more }).toEqual({ ...expected, items: expected.items.map((entry) => entry.key) });
        break;
      }
      case 'advance time':
        await this.#harness.advanceTime(step.milliseconds);
        this.#model.now += step.milliseconds;
        expect(this.#harness.now()).toBe(this.#model.now);
        break;
      case 'sweep': {
        const freed = await this.#store.purgeExpired(step.limit);
        expect(freed).toBeGreaterThanOrEqual(0);
        expect(freed).toBeLessThanOrEqual(Math.min(step.limit, this.#model.expiredCount));
        if (freed < step.limit) this.#model.forgetExpired();
        break;
      }
      case 'snapshot':
        await this.#readSnapshot(step.meanwhile, step.milliseconds);
        break;
      case 'load': {
        const { mode, revision } = step;
        const entries = entriesToLoad(step.entries, this.#model.now);
        const options = revision === undefined ? { mode } : { mode, revision };
        const load = this.#store.load(
          entries.map((entry) => [entry]),
          options,
        );
        const answer = await load.catch((error: unknown) => (error as KvError).code);
        expect(answer).toEqual(this.#model.load(entries, options));
        break;
      }
      case 'restart':
        this.#store = await this.#harness.reopen();
        if (!this.#store.capabilities.durable) this.#model.clear();
        break;
    }
  }

  async #readSnapshot(meanwhile: readonly RandomTransaction[], milliseconds: number): Promise<void> {
    const expected = this.#model.copy();
    const snapshot = await this.#store.snapshot();
    for (const transaction of meanwhile) await this.#commitAtOnce([transaction]);
    await this.#perform({ type: 'advance time', milliseconds });
    await this.#perform({ type: 'sweep', limit: 100 });
    const entries: Entry[] = [];
    for await (const batch of snapshot) entries.push(...batch.map(plainEntry));
    const { revision, time, keys } = snapshot;
    expect({ entries, revision, time, keys }).toEqual({
      entries: expected.entries(),
      revision: expected.revision,
      time: expected.now,
      keys: expected.entries().length,
    });
  }

  /**
   * Commits at once and looks for the order in which the store must have done it. The answers tell: a transaction that wrote
   * ends at a revision of its own, and one that wrote nothing ran at the revision that it names.
   */
  async #commitAtOnce(random: readonly RandomTransaction[]): Promise<void> {
    const transactions = random.map((transaction) => resolveChecks(transaction, this.#model));
    const answers = await Promise.all(transactions.map((transaction) => this.#store.commit(transaction)));
    let waiting = transactions.map((transaction, index) => ({ transaction, answer: plainResult(answers[index]) }));
    while (waiting.length > 0) {
      // Those that wrote nothing come first: they fit only before the revision moves on.
      const fits = ({ transaction, answer }: (typeof waiting)[number], mayWrite: boolean): boolean => {
        const trial = this.#model.copy();
        const expected = plainResult(trial.commit(transaction));
        return (mayWrite || trial.revision === this.#model.revision) && isDeepStrictEqual(answer, expected);
      };
      const next = waiting.find((one) => fits(one, false)) ?? waiting.find((one) => fits(one, true));
      if (next === undefined) {
        const [only] = waiting;
        if (only === undefined || waiting.length > 1) {
          throw new Error(`no order of these concurrent transactions explains their answers: ${fc.stringify(waiting)}`);
        }
        expect(only.answer).toEqual(plainResult(this.#model.commit(only.transaction)));
        throw new Error('the answer does not fit where the model gives the same');
      }
      this.#model.commit(next.transaction);
      waiting = waiting.filter((one) => one !== next);
    }
  }
}

/** In byte order, as a load takes them. */
function entriesToLoad(random: readonly RandomEntry[], now: number): Entry[] {
  return random
    .map(({ key, value, revision, createdAgo, updatedAgo, expiresIn }) => {
      const updatedAt = now - updatedAgo;
      const expiresAt = expiresIn === undefined ? Infinity : Math.max(updatedAt + 1, now + expiresIn);
      return { key, value, revision, createdAt: now - createdAgo, updatedAt, expiresAt };
    })
    .sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
}

function resolveChecks({ atomic, checks, operations }: RandomTransaction, model: ModelStore): Transaction {
  const resolved = checks.map((check) =>
    'revision' in check && check.revision === 'current'
      ? { key: check.key, revision: model.get(check.key)?.revision ?? 0 }
      : (check as { key: string; revision: number }),
  );
  return { atomic, checks: resolved, operations };
}

/** A result's documented fields. Revisions mean nothing in the results of an atomic transaction that did not commit. */
function plainResult(result: TransactionResult | undefined): unknown {
  if (result === undefined) return undefined;
  const { committed, revision, failedChecks, results } = result;
  return {
    committed,
    revision,
    failedChecks: [...failedChecks],
    results: results.map((one) => plainOperation(one, committed)),
  };
}

function plainOperation(result: OperationResult, revisionsCount: boolean): unknown {
  const plain = result.status === 'got' ? { status: result.status, entry: plainEntry(result.entry) } : { ...result };
  if (revisionsCount) return plain;
  if ('entry' in plain) return { ...plain, entry: { ...plain.entry, revision: 0 } };
  return 'revision' in plain ? { ...plain, revision: 0 } : plain;
}
