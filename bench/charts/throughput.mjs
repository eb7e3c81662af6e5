import { contestants, panel, stacked } from './panels.mjs';
import { OTHERS, OURS, TEXT } from './style.mjs';

const rate = { field: 'rate', type: 'quantitative' };

function operation(result) {
  const values = contestants(result, (a, b) => b.requests_per_second.median - a.requests_per_second.median).map(
    ({ name, label, requests_per_second: { median, min, max } }) => ({
      server: label,
      rate: median,
      low: min,
      high: max,
      ours: name === 'kvasir',
    }),
  );
  const { encoding, ...rest } = panel(
    result,
    values.map(({ server }) => server),
  );
  const title = 'requests a second; the line reaches from the slowest to the fastest round';
  return {
    ...rest,
    data: { values },
    encoding: { ...encoding, x: { ...rate, title, axis: { format: ',d', tickCount: 5 } } },
    layer: [
      {
        mark: { type: 'bar', height: 18, cornerRadiusEnd: 2 },
        encoding: { color: { condition: { test: 'datum.ours', value: OURS }, value: OTHERS } },
      },
      {
        mark: { type: 'rule', color: TEXT, opacity: 0.55 },
        encoding: { x: { field: 'low', type: 'quantitative' }, x2: { field: 'high' } },
      },
      {
        mark: { type: 'text', align: 'left', dx: 6, fontSize: 12, color: TEXT },
        encoding: { x: { field: 'high', type: 'quantitative' }, text: { ...rate, format: ',.0f' } },
      },
    ],
  };
}

/** Requests a second beside peers: a panel for reads, one for writes. */
export function throughput(get, put) {
  return stacked('Throughput beside other services, 64 connections', get, [operation(get), operation(put)]);
}
