import { execFileSync } from 'node:child_process';
import { statfsSync } from 'node:fs';
import { cpus, release, tmpdir, totalmem, type } from 'node:os';
import { ROOT } from './paths.mjs';

const TMPFS = 0x01021994;

/** The machine that figures are taken on. */
export function machine() {
  const [cpu] = cpus();
  return {
    cpu: cpu?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memory_gib: Math.round(totalmem() / 2 ** 30),
    kernel: `${type()} ${/^[\d.]+/.exec(release())?.[0] ?? release()}`,
  };
}

/** Whether temporary files are in memory: a sync costs nothing there, and durable figures say nothing. */
export function syncsAreFree() {
  return statfsSync(tmpdir()).type === TMPFS;
}

function git(...args) {
  try {
    return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}

/** The commit, with `-changed` when the sources are not what it holds; `unknown` outside of a git repository. */
export function commit() {
  const hash = git('rev-parse', '--short=12', 'HEAD');
  if (hash === undefined) return 'unknown';
  return git('status', '--porcelain', '--', 'apps', 'libs', 'package-lock.json') === '' ? hash : `${hash}-changed`;
}

/** The version that an installed Debian package has, or `unknown`: not every program tells its own without starting. */
export function debianVersion(name) {
  try {
    const options = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] };
    return execFileSync('dpkg-query', ['--show', `--showformat=$\{Version}`, name], options) || 'unknown';
  } catch {
    return 'unknown';
  }
}
