import { describe, expect, it } from '@jest/globals';
import { labelsOf, metricNamesOf } from './promql.js';

describe('metricNamesOf and labelsOf', () => {
  it.each([
    ['up{job="a"} == 0', ['up'], ['job']],
    ['sum by (job, le) (rate(a_bucket{x!~"b|c", y="d{e}"}[5m])) > 0.25', ['a_bucket'], ['job', 'le', 'x', 'y']],
    ['a_bytes > 1e9 and a_bytes > 4 * b_bytes', ['a_bytes', 'b_bytes'], []],
    ['a and on (job) increase(b_total[1h]) == 0', ['a', 'b_total'], ['job']],
    ['histogram_quantile(0.99, sum by (le) (rate(h_bucket[$__rate_interval])))', ['h_bucket'], ['le']],
    ['a / b', ['a', 'b'], []],
  ])('%s', (query, names, labels) => {
    expect(metricNamesOf(query)).toEqual(names);
    expect(labelsOf(query)).toEqual(labels);
  });
});
