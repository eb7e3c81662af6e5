const PATHS: ReadonlySet<string> = new Set(['/', '/health', '/docs', '/docs-json', '/docs-yaml']);
const SUBTREES = ['/health/', '/docs/'];

/**
 * Whether a path is read without an API key: what probes ask, and pages that a browser opens, which cannot send one. None of them shows or changes data.
 *
 * @param path raw, starting with a slash
 */
export function isOpenPath(path: string): boolean {
  return PATHS.has(path) || SUBTREES.some((subtree) => path.startsWith(subtree));
}
