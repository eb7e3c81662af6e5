/**
 * `npm run licences`: the packages that run in production, counted by licence, and each by name with `--all`. Exits with 1 when one has no licence, or one that was not looked at yet: see `ALLOWED`.
 *
 * package-lock.json names all of it: which packages are for development alone, and each one's licence; the older form, `licenses`, is read from the package itself.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

/** SPDX names of licences that ask for no more than to be named. */
const ALLOWED = new Set([
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'Unlicense',
  'CC0-1.0',
  'Python-2.0',
]);

const { values } = parseArgs({ options: { all: { type: 'boolean', default: false } } });
const lock = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'));

const packages = Object.entries(lock.packages)
  .filter(([path, entry]) => path !== '' && !entry.dev && !entry.devOptional && !entry.link)
  .map(([path, { version, license }]) => ({
    name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
    version,
    licence: license ?? olderForm(path),
  }));

function olderForm(path) {
  const { licenses = [] } = JSON.parse(readFileSync(new URL(`../${path}/package.json`, import.meta.url), 'utf8'));
  return licenses.map(({ type }) => type).join(' OR ') || 'none';
}

/** An expression such as `(MIT OR GPL-3.0)` is fine when one of its choices is; `AND` asks for all. */
function isAllowed(licence) {
  const all = licence.replaceAll(/[()]/g, '').split(' AND ');
  return all.every((part) => part.split(' OR ').some((choice) => ALLOWED.has(choice)));
}

const direct = Object.keys(lock.packages[''].dependencies).length;
console.log(`${packages.length} packages run in production, ${direct} of them named in package.json`);
const byLicence = new Map();
for (const item of packages) byLicence.set(item.licence, [...(byLicence.get(item.licence) ?? []), item]);
for (const [licence, members] of [...byLicence].sort(([, a], [, b]) => b.length - a.length)) {
  console.log(`${String(members.length).padStart(5)}  ${licence}`);
  if (!values.all) continue;
  for (const { name, version } of members) console.log(`       ${name} ${version}`);
}

const unknown = packages.filter(({ licence }) => !isAllowed(licence));
for (const { name, version, licence } of unknown)
  console.error(`${name} ${version}: the licence '${licence}' is not among those that were looked at`);
process.exitCode = unknown.length > 0 ? 1 : 0;
