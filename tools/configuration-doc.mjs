/**
 * `node tools/configuration-doc.mjs`, after `npm run build`: writes the settings that the built apps declare into
 * docs/configuration.md. The text around the tables is written by hand. Each app's tests compare its tables.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const APPS = ['kv-service', 'api-gateway', 'test-client'];
const DOCUMENT = fileURLToPath(new URL('../docs/configuration.md', import.meta.url));

const built = (path) => import(new URL(`../dist/${path}`, import.meta.url).href);

const { withSettings } = await built('libs/config/src/index.js');
let document = await readFile(DOCUMENT, 'utf8');
for (const app of APPS) {
  const { PROGRAM } = await built(`apps/${app}/src/config/settings.js`);
  document = withSettings(document, PROGRAM);
}
await writeFile(DOCUMENT, document);
