import { existsSync, readFileSync } from 'node:fs';

/**
 * The version in the nearest `package.json` above a module (its `import.meta.url`), so that sources, `dist/` and any
 * working directory give the same one.
 *
 * @throws Error when there is no `package.json` above the module, or no version in it.
 */
export function packageVersion(moduleUrl: string): string {
  let folder = new URL('.', moduleUrl);
  let file = new URL('package.json', folder);
  while (!existsSync(file)) {
    const parent = new URL('..', folder);
    if (parent.href === folder.href) throw new Error(`there is no package.json above ${moduleUrl}`);
    folder = parent;
    file = new URL('package.json', folder);
  }
  const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const version = (content as { version?: unknown } | null)?.version;
  if (typeof version !== 'string') throw new Error(`${file.pathname} has no version`);
  return version;
}
