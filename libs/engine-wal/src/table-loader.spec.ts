import { describe, expect, it } from '@jest/globals';
import { NEVER, trustJsonText } from '@kvasir/kv-core';
import fc from 'fast-check';
import { TableLoader } from './table-loader.js';
import { OrderedTable } from './table/ordered-table.js';

const LATE = 1000;

describe('TableLoader', () => {
  it('makes of lines that come as bytes, many at a time, what the same lines make one by one', () => {
    const line = fc.record({
      kind: fc.constantFrom('bytes', 'bytes', 'bytes', 'bytes', 'text', 'delete', 'release', 'sweep'),
      key: fc.oneof(
        fc.nat(3).map((n) => `k${n}`),
        fc.nat(300).map((n) => `key:${n}`),
      ),
      value: fc.constantFrom('1', '"é"', `"${'x'.repeat(50)}"`, `"${'y'.repeat(600)}"`),
      life: fc.constantFrom(NEVER, 1, 50),
      createdAt: fc.constantFrom(undefined, undefined, 5),
    });
    const property = fc.property(
      fc.array(line, { maxLength: 3000, size: 'max' }),
      fc.boolean(),
      (lines, otherBytes) => {
        const table = new OrderedTable(1);
        const model = new OrderedTable(2);
        table.startLoading();
        const loader = new TableLoader(table);
        lines.forEach(({ kind, key, value, life, createdAt }, i) => {
          const at = 10 + i;
          const json = trustJsonText(value);
          if (kind === 'bytes' || kind === 'text') model.replay(key, json, at + life, at, createdAt, i + 1);
          else if (kind === 'delete') model.delete(key);
          if (kind === 'text') loader.set(key, value, at + life, at, createdAt, i + 1);
          else if (kind === 'delete') loader.delete(key, at);
          else if (kind === 'release' && otherBytes) loader.releaseBytes();
          else if (kind === 'sweep' && otherBytes) loader.sweep();
          if (kind !== 'bytes') return;
          const bytes = Buffer.from(`<${key}${value}>`);
          loader.setBytes(bytes, 1, 1 + key.length, 1 + key.length, bytes.length - 1, at + life, at, createdAt, i + 1);
        });
        loader.releaseBytes();
        table.finishLoading();
        const now = lines.length + LATE;
        expect(table.list({ limit: 1000 }, now)).toEqual(model.list({ limit: 1000 }, now));
        table.purgeExpired(now, Infinity);
        model.purgeExpired(now, Infinity);
        expect(table.entryBytes).toBe(model.entryBytes);
      },
    );
    fc.assert(property, { numRuns: 60 });
  });

  it('waits for many lines of the same bytes, and for no more than it is told to', () => {
    const table = new OrderedTable(1);
    table.startLoading();
    const loader = new TableLoader(table);
    const bytes = Buffer.from(Array.from({ length: 3000 }, (_, i) => `key:${String(i).padStart(4, '0')}1`).join(''));
    for (let i = 0; i < 3000; i++) {
      const at = 9 * i;
      loader.setBytes(bytes, at, at + 8, at + 8, at + 9, NEVER, 1, undefined, i + 1);
    }
    expect(table.size).toBeGreaterThan(1000);
    expect(table.size).toBeLessThan(3000);
    loader.releaseBytes();
    expect(table.size).toBe(3000);
    bytes.fill(0);
    expect(table.get('key:2999', 1)).toMatchObject({ value: '1', revision: 3000 });
  });
});
