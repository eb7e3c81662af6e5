import { execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

const READY_WITHIN_MS = 120_000;
const STOP_WITHIN_MS = 20_000;
const POLL_MS = 20;
/** What /proc counts processor time in: USER_HZ, which Linux shows as 100 on every machine. */
const TICKS_PER_SECOND = 100;

const running = new Set();
// A measurement that fails leaves nothing behind.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

/** The path of a program that is installed, or undefined. */
export function find(program) {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/bin', '/usr/sbin'];
  return folders.map((folder) => `${folder}/${program}`).find((path) => existsSync(path));
}

/** A port of the loopback interface that nobody listens on now. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function answers(port) {
  const socket = connect({ port, host: '127.0.0.1' });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/**
 * Starts a server.
 *
 * @param ready a port: the server is ready when it takes connections there; a regular expression: when its standard output matches it
 * @returns `match`, what the expression found; `stop` ends the process and waits for that
 */
export async function startProcess(command, args, ready, env = {}) {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  let last = '';
  let over = false;
  let seen = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (piece) => {
      last = (last + piece).slice(-10_000);
      if (!over) seen += piece;
    });
  }
  const ended = new Promise((resolve) => {
    child.once('exit', resolve);
    child.once('error', (error) => {
      last += String(error);
      resolve();
    });
  });
  let alive = true;
  void ended.then(() => {
    alive = false;
    running.delete(child);
  });
  const stop = async () => {
    child.kill('SIGTERM');
    const inTime = await Promise.race([ended.then(() => true), delay(STOP_WITHIN_MS, false, { ref: false })]);
    if (!inTime) child.kill('SIGKILL');
    await ended;
  };
  const until = performance.now() + READY_WITHIN_MS;
  let match = null;
  while (typeof ready === 'number' ? !(await answers(ready)) : (match = ready.exec(seen)) === null) {
    if (!alive) throw new Error(`${command} ${args.join(' ')} ended:\n${last}`);
    if (performance.now() > until) {
      await stop();
      throw new Error(`${command} ${args.join(' ')} was not ready within ${READY_WITHIN_MS} ms:\n${last}`);
    }
    await delay(POLL_MS);
  }
  over = true;
  return { pid: child.pid, match, stop };
}

/** Runs a program to its end and gives what it wrote to standard output. */
export async function output(command, args) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  let out = '';
  let error = '';
  child.stdout.setEncoding('utf8').on('data', (piece) => (out += piece));
  child.stderr.setEncoding('utf8').on('data', (piece) => (error += piece));
  const [status] = await once(child, 'close');
  running.delete(child);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with status ${status}:\n${error}${out}`);
  return out;
}

/** Starts a module that answers each message with one; `ask` sends a message and gives the answer. */
export function startHelper(module, args) {
  const child = fork(module, args.map(String), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  running.add(child);
  const ask = (message) =>
    new Promise((resolve, reject) => {
      const failed = (status) => reject(new Error(`${module} ended with status ${status}`));
      child.once('exit', failed).once('message', (answer) => {
        child.off('exit', failed);
        resolve(answer);
      });
      child.send(message);
    });
  const stop = () => {
    running.delete(child);
    child.kill('SIGKILL');
  };
  return { ask, stop };
}

/** Runs a function of a module in a process of its own, so that one measurement leaves no heap to the next; gives what it returns. */
export async function inChild(module, name, args, flags = []) {
  const code = `
    import { ${name} } from ${JSON.stringify(module)};
    const result = await ${name}(...${JSON.stringify(args)});
    process.stdout.write(JSON.stringify(result));`;
  return JSON.parse(await output(process.execPath, [...flags, '--input-type=module', '-e', code]));
}

/** Processor time that processes have used since they began, user and system, all their threads, in microseconds. */
export function cpuMicros(pids) {
  let ticks = 0;
  for (const pid of pids) {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name before the last parenthesis may hold spaces; utime and stime are fields 14 and 15.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return (ticks / TICKS_PER_SECOND) * 1e6;
}

const taskset = availableParallelism() > 1 ? find('taskset') : undefined;

/** Keeps the main thread of a server on the first core, away from the load's; its other threads (a sync's, the collector's) run where there is room. */
export function pinServer(pid) {
  if (taskset) execFileSync(taskset, ['-cp', '0', String(pid)], { stdio: 'ignore' });
}

/** A command and its arguments, kept away from the first core. */
export function awayFromServers(command, args) {
  return taskset ? [taskset, ['-c', `1-${availableParallelism() - 1}`, command, ...args]] : [command, args];
}
