import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { METRICS } from './declarations.js';

const OPERATIONS = new URL('../../../../docs/operations.md', import.meta.url);

describe('the metrics of api-gateway', () => {
  it('are named by the conventions of Prometheus', () => {
    for (const { name, type, help, labels } of METRICS) {
      expect(name).toMatch(/^kvasir_[a-z][a-z0-9_]*$/);
      expect({ name, total: name.endsWith('_total') }).toEqual({ name, total: type === 'counter' });
      for (const label of labels) expect(label).toMatch(/^[a-z]+$/);
      expect(help).toMatch(/\.$/);
    }
  });

  it('are the table in docs/operations.md', () => {
    const [, part] = readFileSync(OPERATIONS, 'utf8').split('### Metrics of api-gateway');
    const rows = part!.matchAll(/^\| `(kvasir_\w+)` *\| (\w+) *\| ([\w, ]+?) *\| (.*?) *\|$/gm);
    expect(Array.from(rows, ([, ...cells]) => cells)).toEqual(
      METRICS.map(({ name, type, labels, help }) => [name, type, labels.join(', ') || 'none', help]),
    );
  });
});
