import { about, OURS, SECOND, STYLE } from './style.mjs';

/** Processor time of a read and of a listing of 100 keys against the number of keys. */
export function storeSize(result) {
  // The store with TTLs is a row of the table, and no size of its own.
  const sizes = result.series.filter(({ name }) => /^\d+$/.test(name));
  const values = sizes.map((each) => ({
    operation: each.group,
    keys: Number(each.name),
    us: each.cpu_us_per_request.median,
  }));
  const operations = [...new Set(values.map(({ operation }) => operation))];
  const x = {
    field: 'keys',
    type: 'quantitative',
    scale: { type: 'log', nice: false, padding: 30 },
    title: 'keys in the store, logarithmic',
    axis: { values: [...new Set(values.map(({ keys }) => keys))], format: '~s', grid: false },
  };
  const y = {
    field: 'us',
    type: 'quantitative',
    title: 'processor time a request, µs',
    scale: { zero: true },
    axis: { tickCount: 6 },
  };
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    config: STYLE,
    title: { text: 'Cost of a request against the size of the store', subtitle: about(result), frame: 'bounds' },
    width: 520,
    height: 260,
    data: { values },
    encoding: {
      x,
      y,
      color: {
        field: 'operation',
        type: 'nominal',
        title: null,
        scale: { domain: operations, range: [OURS, SECOND] },
        legend: { orient: 'top' },
      },
    },
    layer: [
      { mark: { type: 'line', strokeWidth: 2, point: { size: 60, filled: true } } },
      {
        mark: { type: 'text', dy: -12, fontSize: 11 },
        encoding: { text: { field: 'us', type: 'quantitative', format: '.1f' } },
      },
    ],
  };
}
