import { describe, expect, it } from '@jest/globals';
import {
  compareKeys,
  ManualClock,
  restrictStore,
  Rights,
  trustJsonText,
  VERBS,
  type KvStore,
  type ListQuery,
  type Page,
  type Verb,
} from '@kvasir/kv-core';
import fc from 'fast-check';
import { describeKvStore } from './describe-kv-store.js';
import type { ConformanceEngine, KvStoreHarness } from './harness.js';
import { ModelStore } from './model/model-store.js';
import { ReferenceData, referenceEngine, ReferenceStore } from './testing/reference-store.js';

const ALL = new Rights(VERBS, ['']);

/** An engine whose stores are seen by somebody who may do everything: there must be nothing to see of the rights. */
function restrictedEngine(engine: ConformanceEngine): ConformanceEngine {
  return {
    capabilities: engine.capabilities,
    async createHarness(): Promise<KvStoreHarness> {
      const harness = await engine.createHarness();
      return {
        open: async () => restrictStore(await harness.open(), ALL),
        reopen: async () => restrictStore(await harness.reopen(), ALL),
        openAnother: async () => restrictStore(await harness.openAnother(), ALL),
        now: () => harness.now(),
        advanceTime: (milliseconds) => harness.advanceTime(milliseconds),
        destroy: () => harness.destroy(),
      };
    },
  };
}

describeKvStore('a store with every right', restrictedEngine(referenceEngine({ durable: true, shared: true })));

// Few characters, so that prefixes hold keys, hold each other and end where a character's bytes do.
const text = (minLength: number) =>
  fc.string({
    unit: fc.constantFrom('a', 'b', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{10ffff}'),
    minLength,
    maxLength: 3,
  });
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });

const query: fc.Arbitrary<ListQuery> = fc
  .record({
    span: fc.oneof(fc.record({ prefix: maybe(text(0)) }), fc.record({ start: maybe(text(0)), end: maybe(text(0)) })),
    after: maybe(text(0)),
    limit: fc.integer({ min: 1, max: 6 }),
    reverse: maybe(fc.boolean()),
  })
  .map(({ span, ...page }) => ({ ...span, ...page }));

/** What the store behind gave: how many calls there were, and how many items came. */
interface Read {
  calls: number;
  items: number;
}

function counting(store: KvStore, read: Read): KvStore {
  const count = async <Item>(page: Promise<Page<Item>>): Promise<Page<Item>> => {
    const given = await page;
    read.calls += 1;
    read.items += given.items.length;
    return given;
  };
  return {
    list: (asked: ListQuery) => count(store.list(asked)),
    listKeys: (asked: ListQuery) => count(store.listKeys(asked)),
  } as KvStore;
}

/** The keys in a store of their own, and the same in a model that holds only those that the rights cover. */
async function storeAndModel(keys: readonly string[], rights: Rights): Promise<{ store: KvStore; model: ModelStore }> {
  const clock = new ManualClock(1_700_000_000_000);
  const store = new ReferenceStore(new ReferenceData(), clock, { durable: false, shared: false });
  const model = new ModelStore(clock.now());
  const value = trustJsonText('1');
  for (const key of keys) {
    const transaction = { atomic: true, operations: [{ type: 'set', key, value }] } as const;
    // oxlint-disable-next-line no-await-in-loop -- one revision after the other
    await store.commit(transaction);
    if (rights.allow('read', key)) model.commit(transaction);
  }
  return { store, model };
}

describe('a listing with rights', () => {
  const keys = fc.uniqueArray(text(1), { maxLength: 40 });
  const prefixes = fc.array(text(0), { maxLength: 5 });

  it('is the listing of a store that holds nothing else, page by page', async () => {
    await fc.assert(
      fc.asyncProperty(keys, prefixes, query, async (all, allowed, asked) => {
        const rights = new Rights(['read'], allowed);
        const { store, model } = await storeAndModel(all, rights);
        const read: Read = { calls: 0, items: 0 };
        const restricted = restrictStore(counting(store, read), rights);

        const expected = model.list(asked);
        const page = await restricted.listKeys(asked);
        expect(page).toEqual({ items: expected.items.map(({ key }) => key), more: expected.more });
        const { items, more } = await restricted.list(asked);
        expect([items.map(({ key }) => key), more]).toEqual([page.items, page.more]);

        // Nothing is read to be thrown away, but for one key that shows that there is more.
        expect(read.items).toBeLessThanOrEqual(2 * (page.items.length + 1));
        expect(read.calls).toBeLessThanOrEqual(2 * rights.prefixes.length);
      }),
      { numRuns: 500 },
    );
  });

  it('comes to its end, and to every key once, in either direction', async () => {
    await fc.assert(
      fc.asyncProperty(
        keys,
        prefixes,
        fc.integer({ min: 1, max: 4 }),
        fc.boolean(),
        async (all, allowed, limit, reverse) => {
          const rights = new Rights(['read'], allowed);
          const { store } = await storeAndModel(all, rights);
          const restricted = restrictStore(store, rights);
          const seen: string[] = [];
          for (let more = true; more;) {
            // oxlint-disable-next-line no-await-in-loop -- page after page
            const page = await restricted.listKeys({ after: seen.at(-1), limit, reverse });
            seen.push(...page.items);
            ({ more } = page);
          }
          const expected = all.filter((key) => rights.covers(key)).sort(compareKeys);
          expect(seen).toEqual(reverse ? expected.reverse() : expected);
        },
      ),
    );
  });

  it.each(VERBS.filter((verb) => verb !== 'read'))('is empty for whoever may only %s', async (verb: Verb) => {
    const { store } = await storeAndModel(['a', 'b'], ALL);
    expect(await restrictStore(store, new Rights([verb], [''])).listKeys({ limit: 10 })).toEqual({
      items: [],
      more: false,
    });
  });
});
