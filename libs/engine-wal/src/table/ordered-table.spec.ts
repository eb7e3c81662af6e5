import { describe, expect, it } from '@jest/globals';
import { NEVER, trustJsonText, type Entry, type EntryState, type ListQuery } from '@kvasir/kv-core';
import fc from 'fast-check';
import { entryCost } from './entry-cost.js';
import { OrderedTable } from './ordered-table.js';
import { BLOCK_SLOTS } from './slot-columns.js';

const NASTY_KEYS = [
  '', 'a', 'a\0', 'ab', 'abc', 'b', 'user:', 'user:1', 'user:10', 'user:2', '__proto__', 'constructor', 'toString',
  'a\uD7FF', '\uD7FF', '\uE000', 'a\uE000', '\uFFFF', 'a\uFFFF', 'a\uFFFF\uFFFF', '\u{10000}', 'a\u{10000}', '\u{10FFFF}',
  'a\u{10FFFF}', 'a\u{10FFFF}\u{10FFFF}', 'a\u{10FFFF}b', 'é', '😀', '😀a', '日本',
]; // prettier-ignore
const nastyKey = fc.constantFrom(...NASTY_KEYS);

/** What a write has to know of an entry. */
function stateOf({ revision, createdAt, expiresAt }: Entry): EntryState {
  return { revision, createdAt, expiresAt };
}

function entry(key: string, fields: Partial<Entry> = {}): Entry {
  return { key, value: trustJsonText('1'), revision: 1, createdAt: 0, updatedAt: 0, expiresAt: NEVER, ...fields };
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** The table as it should be: a plain Map, sorted and filtered anew for each question. */
class Model {
  readonly entries = new Map<string, Entry>();

  live(now: number): Entry[] {
    return [...this.entries.values()].filter(({ expiresAt }) => expiresAt > now).sort((a, b) => byBytes(a.key, b.key));
  }

  list(query: ListQuery, now: number): { items: Entry[]; more: boolean } {
    const { prefix, start, end } = query as { prefix?: string; start?: string; end?: string };
    const { after, limit, reverse } = query;
    const all = this.live(now).filter(
      ({ key }) =>
        (prefix === undefined || key.startsWith(prefix)) &&
        (start === undefined || byBytes(key, start) >= 0) &&
        (end === undefined || byBytes(key, end) < 0) &&
        (after === undefined || (reverse === true ? byBytes(key, after) < 0 : byBytes(key, after) > 0)),
    );
    if (reverse === true) all.reverse();
    return { items: all.slice(0, limit), more: all.length > limit };
  }
}

interface State {
  model: Model;
  now: number;
  revision: number;
}

type TableCommand = fc.Command<State, OrderedTable>;

/** A command from a name for the report and what it does to both. */
function command(name: string, run: (state: State, table: OrderedTable) => void): TableCommand {
  return { check: () => true, run, toString: () => name };
}

const value = fc.constantFrom('1', '"é"', '"😀"', '{"__proto__":1}', `"${'x'.repeat(50)}"`).map(trustJsonText);

const set = fc
  .record({ key: nastyKey, value, ttl: fc.constantFrom(undefined, undefined, 1, 5, 20, 1000) })
  .map(({ key, value: text, ttl }) =>
    command(`set ${JSON.stringify(key)} ttl ${ttl}`, (state, table) => {
      const stored: Entry = {
        key,
        value: text,
        revision: ++state.revision,
        createdAt: state.now - 1,
        updatedAt: state.now,
        expiresAt: ttl === undefined ? NEVER : state.now + ttl,
      };
      state.model.entries.set(key, stored);
      table.apply({ type: 'set', entry: stored });
    }),
  );

const remove = nastyKey.map((key) =>
  command(`delete ${JSON.stringify(key)}`, (state, table) => {
    state.model.entries.delete(key);
    table.apply({ type: 'delete', key, revision: ++state.revision, at: state.now });
  }),
);

const wait = fc.constantFrom(1, 4, 5, 20).map((time) => command(`wait ${time}`, (state) => (state.now += time)));

const purge = fc.nat(5).map((limit) =>
  command(`purge ${limit}`, (state, table) => {
    const due = [...state.model.entries.values()].filter(({ expiresAt }) => expiresAt <= state.now);
    expect(table.due(state.now)).toBe(due.length);
    expect(table.purgeExpired(state.now, limit)).toBe(Math.min(limit, due.length));
    if (due.length <= limit) due.forEach(({ key }) => state.model.entries.delete(key));
    else expect(table.due(state.now)).toBe(due.length - limit);
    // Which of several equal ones went is the table's to choose.
    for (const { key } of due) if (table.peek(key) === undefined) state.model.entries.delete(key);
  }),
);

const bounds = fc.oneof(
  fc.record({ prefix: fc.option(nastyKey, { nil: undefined }) }),
  fc.record({ start: fc.option(nastyKey, { nil: undefined }), end: fc.option(nastyKey, { nil: undefined }) }),
);

const list = fc
  .record({
    bounds,
    after: fc.option(nastyKey, { nil: undefined }),
    limit: fc.integer({ min: 1, max: 8 }),
    reverse: fc.option(fc.boolean(), { nil: undefined }),
  })
  .map(({ bounds: range, ...rest }) => {
    const query = { ...range, ...rest } as ListQuery;
    return command(`list ${JSON.stringify(query)}`, (state, table) => {
      const expected = state.model.list(query, state.now);
      expect(table.list(query, state.now)).toEqual(expected);
      expect(table.listKeys(query, state.now)).toEqual({ ...expected, items: expected.items.map(({ key }) => key) });
    });
  });

const look = nastyKey.map((key) =>
  command(`get ${JSON.stringify(key)}`, ({ model, now }, table) => {
    const stored = model.entries.get(key);
    const seen = stored !== undefined && stored.expiresAt > now ? stored : undefined;
    expect(table.peek(key)).toEqual(stored);
    expect(table.get(key, now)).toEqual(seen);
    expect(table.getValue(key, now)).toBe(seen?.value);
    expect(table.getState(key, now)).toEqual(seen && stateOf(seen));
    expect(table.size).toBe(model.entries.size);
    const live = model.live(now);
    expect(table.live(now)).toEqual({
      count: live.length,
      valueBytes: live.reduce((sum, each) => sum + Buffer.byteLength(each.value), 0),
    });
  }),
);

const clear = fc.constant(
  command('clear', (state, table) => {
    state.model.entries.clear();
    table.clear();
  }),
);

describe('OrderedTable', () => {
  it('does what a sorted Map does under random writes, sweeps, readings and listings', () => {
    const weighted = [set, set, set, set, remove, remove, wait, purge, list, list, list, look, look];
    fc.assert(
      fc.property(
        fc.commands([...weighted, clear], { maxCommands: 120, size: 'max' }),
        fc.integer(),
        (commands, seed) => {
          fc.modelRun(
            () => ({ model: { model: new Model(), now: 1000, revision: 0 }, real: new OrderedTable(seed) }),
            commands,
          );
        },
      ),
      { numRuns: 80 },
    );
  });

  it('lists exactly the keys of every prefix of the nasty alphabet, in both directions', () => {
    const table = new OrderedTable(1);
    const model = new Model();
    for (const key of NASTY_KEYS) {
      table.set(entry(key));
      model.entries.set(key, entry(key));
    }
    for (const prefix of [...NASTY_KEYS, 'us', 'zzz', '\uFFFE', '\u{10FFFE}']) {
      for (const reverse of [false, true]) {
        const query = { prefix, limit: 100, reverse };
        expect(table.list(query, 0)).toEqual(model.list(query, 0));
      }
    }
  });

  it('pages through many thousands of keys without missing or repeating one', () => {
    const table = new OrderedTable(1);
    const keys = Array.from({ length: 5000 }, (_, i) => `k${(i * 2654435761) % 2 ** 32}`);
    for (const key of keys) table.set(entry(key));
    for (const reverse of [false, true]) {
      const seen: string[] = [];
      let more = true;
      while (more) {
        const page = table.listKeys({ prefix: 'k', limit: 77, reverse, after: seen.at(-1) }, 0);
        seen.push(...page.items);
        more = page.more;
      }
      const sorted = [...keys].sort(byBytes);
      expect(seen).toEqual(reverse ? sorted.reverse() : sorted);
    }
  });

  it('says that no more follows when only expired entries do', () => {
    const table = new OrderedTable(1);
    table.set(entry('a'));
    table.set(entry('b', { expiresAt: 10 }));
    expect(table.listKeys({ limit: 1 }, 9)).toEqual({ items: ['a'], more: true });
    expect(table.listKeys({ limit: 1 }, 10)).toEqual({ items: ['a'], more: false });
    expect(table.nextExpiryAt).toBe(10);
  });

  it('keeps no trace of earlier expiries of an overwritten key', () => {
    const table = new OrderedTable(1);
    table.set(entry('k', { expiresAt: 5 }));
    const memory = table.memoryBytes;
    for (let i = 0; i < 20_000; i++) table.set(entry('k', { expiresAt: 5 + (i % 1000), revision: i }));
    expect(table.memoryBytes).toBe(memory);
    table.set(entry('k'));
    expect(table.nextExpiryAt).toBe(NEVER);
    expect(table.purgeExpired(1e9, 10)).toBe(0);
    expect(table.get('k', 1e9)).toEqual(entry('k'));
  });

  it('visits in slices every entry that stays, once, while others come and go', () => {
    const table = new OrderedTable(1);
    const staying = Array.from({ length: 4 * BLOCK_SLOTS + 500 }, (_, i) => `stay${i}`);
    staying.forEach((key, i) => {
      table.set(entry(key));
      if (i % 3 === 0) table.set(entry(`go${i}`, i % 2 === 0 ? { expiresAt: 1 } : {}));
    });
    const visits = new Map<string, number>();
    let from: number | undefined = 0;
    let slice = 0;
    while (from !== undefined) {
      from = table.scan(from, 1000, ({ key }) => visits.set(key, (visits.get(key) ?? 0) + 1));
      for (let i = slice; i < staying.length; i += 20) {
        table.delete(`go${i}`);
        table.set(entry(`new${slice}-${i}`));
        table.set(entry(staying[i]!, { revision: 2 }));
      }
      slice++;
      table.purgeExpired(1, 100);
    }
    expect(slice).toBeGreaterThan(10);
    expect(staying.every((key) => visits.get(key) === 1)).toBe(true);
    expect([...visits.values()].every((count) => count === 1)).toBe(true);
  });

  it('is after a load what it would be without', () => {
    const write = fc.record({ key: nastyKey, gone: fc.boolean(), expiresAt: fc.constantFrom(NEVER, 5, 50) });
    fc.assert(
      fc.property(fc.array(write, { maxLength: 200, size: 'max' }), fc.nat(60), (writes, now) => {
        const loaded = new OrderedTable(1);
        const model = new Model();
        loaded.startLoading();
        for (const { key, gone, expiresAt } of writes) {
          if (gone) {
            expect(loaded.delete(key)).toBe(model.entries.delete(key));
          } else {
            loaded.set(entry(key, { expiresAt }));
            model.entries.set(key, entry(key, { expiresAt }));
          }
        }
        loaded.finishLoading();
        expect(loaded.list({ limit: 100 }, now)).toEqual(model.list({ limit: 100 }, now));
        loaded.purgeExpired(now, 1000);
        loaded.set(entry('b~'));
        model.entries.set('b~', entry('b~'));
        expect(loaded.list({ limit: 100 }, now)).toEqual(model.list({ limit: 100 }, now));
        expect(loaded.size).toBe(model.live(now).length);
      }),
    );
  });

  it('refuses a load on top of entries, and a listing in the midst of a load', () => {
    const table = new OrderedTable(1);
    table.startLoading();
    table.set(entry('a'));
    expect(() => table.list({ limit: 1 }, 0)).toThrow('no listing before the load is finished');
    table.finishLoading();
    expect(table.listKeys({ limit: 1 }, 0).items).toEqual(['a']);
    expect(() => table.startLoading()).toThrow('holds 1 entries');
    table.clear();
    table.startLoading();
    table.clear();
    expect(table.listKeys({ limit: 1 }, 0).items).toEqual([]);
  });

  it('lists what has not expired where tens of thousands have, at any time, while they are swept and written again', () => {
    const table = new OrderedTable(1);
    const entries: Entry[] = [];
    const put = (i: number, expiresAt: number): void => {
      const written = entry(`k${String(i).padStart(5, '0')}`, { expiresAt });
      entries[i] = written;
      table.set(written);
    };
    const expectPages = (now: number): void => {
      const keys = entries.filter(({ expiresAt }) => expiresAt > now).map(({ key }) => key);
      const last = { items: keys.slice(-100).reverse(), more: keys.length > 100 };
      expect(table.listKeys({ limit: 100, reverse: true }, now)).toEqual(last);
      expect(table.listKeys({ limit: 100_000 }, now).items.join()).toBe(keys.join());
      expect(
        table
          .list({ limit: 100_000 }, now)
          .items.map(({ key }) => key)
          .join(),
      ).toBe(keys.join());
    };
    for (let i = 0; i < 40_000; i++) put(i, i % 11 === 0 ? NEVER : 1000 + (i % 5));
    // The same again and again: at first only a part of what has expired is known.
    for (const now of [999, 1002, 1002, 1001, 1004, 1004, 1000, 1004]) expectPages(now);
    for (let i = 0; i < 40_000; i += 7) put(i, i % 2 === 0 ? NEVER : 1006);
    expectPages(1005);
    table.purgeExpired(1005, 10_000);
    expectPages(1005);
    expectPages(1006);
    table.purgeExpired(1006, 100_000);
    expectPages(1006);
    expect(table.size).toBe(entries.filter(({ expiresAt }) => expiresAt > 1006).length);
  });

  it('scans nothing in an empty table', () => {
    const table = new OrderedTable(1);
    expect(table.scan(0, 10, () => expect(true).toBe(false))).toBeUndefined();
  });

  it('costs what its entries are said to cost, and gives the memory of deleted ones back', () => {
    const table = new OrderedTable(1);
    const empty = table.memoryBytes;
    const entries = Array.from({ length: 100_000 }, (_, i) =>
      entry(String(i * 7919).padStart(10, '0'), {
        value: trustJsonText(`"${'v'.repeat(28)}"`),
        expiresAt: i % 2 === 0 ? 1000 + i : NEVER,
      }),
    );
    for (const each of entries) table.set(each);
    const said = entries.reduce((sum, each) => sum + entryCost(each), 0);
    expect(table.memoryBytes / said).toBeGreaterThan(0.85);
    expect(table.memoryBytes / said).toBeLessThan(1.15);
    expect(table.memoryBytes / entries.length).toBeLessThan(180);
    for (const { key } of entries) table.delete(key);
    expect(table.memoryBytes).toBeLessThan(empty + 1_000_000);
    expect(table.size).toBe(0);
  });
});
