import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LOAD_PROGRAM } from './http-load.mjs';
import { commit, debianVersion, machine } from './machine.mjs';

/** What a bench gave, with all that is needed to judge it: where, when, how, and of which sources. */
export function resultOf({ name, title }, figures, measured, { command, tookSeconds }) {
  const { versions = {}, missing = [], settings, series = [], values } = measured;
  return {
    name,
    title,
    date: new Date().toISOString().slice(0, 10),
    command,
    commit: commit(),
    machine: machine(),
    versions: { node: process.versions.node, ...(settings.connections ? loadVersion() : {}), ...versions },
    took_seconds: Math.round(tookSeconds),
    settings,
    missing,
    figures: figures.flatMap((figure) => (figure.id in values ? [{ ...figure, ...values[figure.id] }] : [])),
    series,
  };
}

function loadVersion() {
  return LOAD_PROGRAM === 'wrk' ? { wrk: debianVersion('wrk') } : { autocannon: 'as in package-lock.json' };
}

/** Writes a result beside the others. */
export async function writeResult(folder, result) {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${result.name}.json`), `${JSON.stringify(result, rounded, 2)}\n`);
}

/** Five digits are more than any of these figures has. */
function rounded(_, value) {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value;
}

/** A result that was written, or undefined. */
export async function readResult(folder, name) {
  try {
    return JSON.parse(await readFile(join(folder, `${name}.json`), 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}
