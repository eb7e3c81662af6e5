import { readFile, writeFile } from 'node:fs/promises';
import * as prettier from 'prettier';
import { BENCHES } from '../benches/index.mjs';
import { drawCharts } from './charts.mjs';
import { PERFORMANCE_DOCUMENT } from './paths.mjs';
import { figureRows, inMarkdown, seriesRows } from './report.mjs';
import { readResult } from './results.mjs';

/**
 * Draws the charts, and fills what stands in docs/performance.md between `<!-- bench: NAME -->` and `<!-- end of bench: NAME -->` from the results;
 * what has no result stays as it is. `table` is all that is promised by the benches of the table.
 */
export async function writeDocs(folder) {
  const results = [];
  for (const { name, table } of BENCHES) {
    const result = await readResult(folder, name);
    if (result) results.push({ ...result, table });
  }
  const parts = new Map(results.map((result) => [result.name, partOf(result)]));
  const inTable = results.filter(({ table }) => table);
  if (inTable.length > 0) parts.set('table', tableOf(inTable));

  const drawn = await drawCharts(folder);
  for (const { file, words } of drawn) parts.set(`charts/${file}`, `![${words}](charts/${file})`);

  let document = await readFile(PERFORMANCE_DOCUMENT, 'utf8');
  const filled = [];
  for (const [name, text] of parts) {
    const place = new RegExp(`(<!-- bench: ${name} -->)[^]*?(<!-- end of bench: ${name} -->)`);
    if (!place.test(document)) continue;
    document = document.replace(place, (_, begin, end) => `${begin}\n\n${text}\n\n${end}`);
    filled.push(name);
  }
  const style = await prettier.resolveConfig(PERFORMANCE_DOCUMENT);
  await writeFile(PERFORMANCE_DOCUMENT, await prettier.format(document, { ...style, parser: 'markdown' }));
  process.stdout.write(`docs/performance.md: ${filled.join(', ') || 'nothing, there are no results'}\n`);
}

/** Where and how a result came about, in a line. */
function origin({ command, date, commit, machine, versions, took_seconds: seconds }) {
  const programs = Object.entries(versions).map(
    ([name, version]) => `${name === 'node' ? 'Node.js' : name} ${version}`,
  );
  return (
    `\`${command}\`, ${date}, commit ${commit}, ${seconds} s; ${machine.cores} cores, ${machine.cpu}, ` +
    `${machine.memory_gib} GiB, ${machine.kernel}; ${programs.join(', ')}.`
  );
}

function partOf(result) {
  const tables = [figureRows(result.figures), ...(result.series.length > 0 ? [seriesRows(result.series)] : [])];
  const missing = result.missing.map(({ label, how }) => `${label}: ${how}.`);
  return [origin(result), ...tables.map(inMarkdown), ...missing].join('\n\n');
}

function tableOf(results) {
  const figures = results.flatMap((result) => result.figures).filter(({ bound }) => bound !== undefined);
  return inMarkdown(figureRows(figures));
}
