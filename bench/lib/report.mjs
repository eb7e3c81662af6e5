import { promised, shown, verdictOf } from './verdict.mjs';

const range = ({ min, max, unit }) => (min === max ? '' : `${shown(min, unit)} … ${shown(max, unit)}`);

/** The columns of figures. */
export function figureRows(figures) {
  const rows = figures.map((figure) => [
    figure.text,
    shown(figure.median, figure.unit),
    range(figure),
    promised(figure, figure.bound),
    promised(figure, figure.aim),
    verdictOf(figure, figure.median),
  ]);
  return [['what', 'median', 'spread', 'at least', 'aim', ''], ...rows];
}

/** The columns of contestants. */
export function seriesRows(series) {
  const grouped = series.some(({ group }) => group);
  const timed = series.some((each) => each.p50_ms);
  const rows = series.map((each) => [
    ...(grouped ? [each.group] : []),
    each.label,
    Math.round(each.requests_per_second.median).toLocaleString('en'),
    ...(timed
      ? [
          shown(each.cpu_us_per_request.median),
          each.cores.median.toFixed(1),
          shown(each.p50_ms.median),
          shown(each.p99_ms.median),
        ]
      : []),
  ]);
  const head = timed ? ['requests/s', 'CPU µs a request', 'cores used', '50 %, ms', '99 %, ms'] : ['operations/s'];
  return [[...(grouped ? [''] : []), 'server', ...head], ...rows];
}

/** Rows for a terminal, in columns. */
export function inColumns(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const line = (cells) => `| ${cells.join(' | ')} |`;

/** Rows as a table in Markdown. */
export function inMarkdown([head, ...rows]) {
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** What one bench prints. */
export function printed(result) {
  const parts = [`\n${result.name}: ${result.title}`];
  if (result.series.length > 0) parts.push(inColumns(seriesRows(result.series)));
  parts.push(inColumns(figureRows(result.figures)));
  for (const { label, how } of result.missing) parts.push(`${label}: ${how}`);
  return parts.join('\n\n');
}
