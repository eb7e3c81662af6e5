import { shown } from '../lib/verdict.mjs';
import { contestants, panel, stacked } from './panels.mjs';
import { OTHERS, OURS, SECOND, TEXT } from './style.mjs';

const PERCENTILES = { p50_ms: '50 % answered within', p99_ms: '99 % answered within' };
const TICKS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

const color = {
  field: 'percentile',
  type: 'nominal',
  title: null,
  scale: { domain: Object.values(PERCENTILES), range: [OURS, SECOND] },
  legend: { orient: 'top' },
};
const scale = { type: 'log', nice: false, padding: 24 };
const axis = { values: TICKS, format: '~g' };

function operation(result) {
  const sorted = contestants(result, (a, b) => a.p99_ms.median - b.p99_ms.median);
  const values = sorted.flatMap((each) =>
    Object.entries(PERCENTILES).map(([member, percentile]) => ({
      server: each.label,
      percentile,
      ms: each[member].median,
      text: shown(each[member].median),
      p50: each.p50_ms.median,
      p99: each.p99_ms.median,
    })),
  );
  const servers = sorted.map(({ label }) => label);
  return {
    ...panel(result, servers),
    data: { values },
    layer: [
      {
        mark: { type: 'rule', strokeWidth: 2, color: OTHERS },
        encoding: { x: { field: 'p50', type: 'quantitative' }, x2: { field: 'p99' } },
      },
      {
        mark: { type: 'point', filled: true, size: 90, opacity: 1 },
        encoding: {
          x: { field: 'ms', type: 'quantitative', scale, axis, title: 'milliseconds, logarithmic' },
          color,
        },
      },
      {
        mark: { type: 'text', dy: -11, fontSize: 11, color: TEXT },
        encoding: { x: { field: 'ms', type: 'quantitative' }, text: { field: 'text', type: 'nominal' } },
      },
    ],
  };
}

/** How long requests take under full load, half of them and nearly all of them. */
export function latency(get, put) {
  return stacked('Latency at full load, 64 connections', get, [operation(get), operation(put)]);
}
