import { readFile, writeFile } from 'node:fs/promises';
import { commit, machine } from './machine.mjs';
import { BASELINE } from './paths.mjs';

/** Falling back by a fifth is more than the noise of two runs. */
const KEPT_SHARE = 0.8;

/** Ratios alone: absolute figures are the machine's. */
const comparable = (results) =>
  results.flatMap(({ name, figures }) =>
    figures.filter(({ unit }) => unit === 'times').map((figure) => ({ ...figure, id: `${name}/${figure.id}` })),
  );

/** Writes the ratios of a quick run for later ones. */
export async function record(results) {
  const ratios = Object.fromEntries(comparable(results).map(({ id, median }) => [id, Number(median.toPrecision(3))]));
  const about = {
    date: new Date().toISOString().slice(0, 10),
    commit: commit(),
    machine: machine(),
    node: process.versions.node,
  };
  await writeFile(BASELINE, `${JSON.stringify({ ...about, ratios }, undefined, 2)}\n`);
}

/** The recorded ratios. */
export async function recorded() {
  const { ratios } = JSON.parse(await readFile(BASELINE, 'utf8'));
  return ratios;
}

/** How a run's ratios stand to the recorded ones: rows of `id`, `text`, `now`, `was`, `fell`. */
export function compare(results, ratios) {
  return comparable(results)
    .filter(({ id }) => id in ratios)
    .map(({ id, text, better, median: now }) => {
      const was = ratios[id];
      const share = better === 'less' ? was / now : now / was;
      return { id, text, now, was, fell: share < KEPT_SHARE };
    });
}
