/**
 * `npm run docs:architecture`: draws the house from its imports into docs/architecture.md, between the comments
 * `<!-- drawing: … -->` and `<!-- end of drawing: … -->`. With `--check` nothing is written: the exit status is 1 when
 * the document is not what the code says.
 */
import { cruise } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DOCUMENT = new URL('../docs/architecture.md', import.meta.url);
/** What only tests load. */
const TESTS = String.raw`\.(spec|e2e-spec)\.ts$|/test(ing)?/|^libs/(kv-conformance|test-harness)/`;

/** An app or lib: `apps/kv-service`, `libs/wal`. */
const unitOf = (path) => /^((?:apps|libs)\/[^/]+)\//.exec(path)?.[1];

/** A folder of an app, with the wire APIs one by one: `http`, `apis/kv`; `start` is what stands beside the folders. */
const folderOf = (app) => (path) => {
  const inside = path.startsWith(`${app}/src/`) ? path.slice(`${app}/src/`.length).split('/') : undefined;
  if (inside === undefined) return unitOf(path)?.replace(/^libs\//, '@kvasir/');
  if (inside.length === 1) return 'start';
  return inside[0] === 'apis' ? inside.slice(0, 2).join('/') : inside[0];
};

/** Every import of one file by another, as two paths. */
async function imports() {
  process.chdir(ROOT);
  const { output } = await cruise(
    ['apps', 'libs'],
    {
      exclude: { path: `${TESTS}|^(node_modules|dist)/` },
      doNotFollow: { path: 'node_modules' },
      tsPreCompilationDeps: true,
      tsConfig: { fileName: 'tsconfig.json' },
      enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default'] },
    },
    undefined,
    { tsConfig: extractTSConfig('tsconfig.json') },
  );
  return output.modules.flatMap(({ source, dependencies }) => dependencies.map(({ resolved }) => [source, resolved]));
}

/** A box's name as Mermaid takes identifiers. */
const idOf = (name) => name.replaceAll(/\W/g, '_');

/** Each text once, in order. */
const sorted = (texts) => [...new Set(texts)].sort((a, b) => (a < b ? -1 : 1));

/**
 * A Mermaid flowchart of what imports what.
 *
 * @param {[string, string][]} links importing file, imported file
 * @param {(path: string) => string | undefined} nameOf the box that a file is in; undefined for none
 */
function drawing(links, nameOf) {
  const pairs = links
    .map(([from, to]) => [nameOf(from), nameOf(to)])
    .filter(([from, to]) => from !== undefined && to !== undefined && from !== to);
  const boxes = sorted(pairs.flat().map((name) => `  ${idOf(name)}["${name}"]`));
  const arrows = sorted(pairs.map(([from, to]) => `  ${idOf(from)} --> ${idOf(to)}`));
  return ['```mermaid', 'flowchart TD', ...boxes, ...arrows, '```'].join('\n');
}

/** The document with one drawing replaced. */
function withDrawing(document, name, text) {
  const begin = `<!-- drawing: ${name} -->`;
  const end = `<!-- end of drawing: ${name} -->`;
  const from = document.indexOf(begin);
  const to = document.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`docs/architecture.md has no place for a drawing: ${begin} … ${end}`);
  return `${document.slice(0, from + begin.length)}\n\n${text}\n\n${document.slice(to)}`;
}

const links = await imports();
const SERVICE = 'apps/kv-service';
const before = await readFile(DOCUMENT, 'utf8');
const insideService = links.filter(([from]) => from.startsWith(`${SERVICE}/`));
let after = withDrawing(before, 'apps and libs', drawing(links, unitOf));
after = withDrawing(after, 'inside kv-service', drawing(insideService, folderOf(SERVICE)));
if (!process.argv.includes('--check')) {
  await writeFile(DOCUMENT, after);
} else if (after !== before) {
  console.error('The drawings of docs/architecture.md are not what the code says: run `npm run docs:architecture`.');
  process.exitCode = 1;
}
