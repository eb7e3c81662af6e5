import { about, STYLE } from './style.mjs';

/** Titles of the two operations that are shown above each other. */
const OPERATIONS = { get: 'GET of a small value', put: 'PUT of a small value' };

/** A result's contestants at 64 connections, the best first. */
export function contestants({ series }, better) {
  return series.filter(({ group }) => group === undefined || group === '64 connections').toSorted(better);
}

/** What all panels share: a row a server, in the order in which they come. */
export function panel({ name }, servers) {
  return {
    title: { text: OPERATIONS[name], fontSize: 13, offset: 6, frame: 'group' },
    width: 420,
    height: { step: 28 },
    encoding: {
      y: { field: 'server', type: 'nominal', sort: servers, title: null, axis: { labelLimit: 400 } },
    },
  };
}

/** One chart of the panels, which share their scale. */
export function stacked(title, result, panels) {
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    config: STYLE,
    title: { text: title, subtitle: about(result), frame: 'bounds' },
    vconcat: panels,
    spacing: 28,
    resolve: { scale: { x: 'shared' } },
  };
}
