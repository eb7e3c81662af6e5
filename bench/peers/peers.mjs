import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { debianVersion } from '../lib/machine.mjs';
import { PEERS } from '../lib/paths.mjs';
import { find, freePort, pinServer, startProcess } from '../lib/processes.mjs';
import { pythonWith } from '../lib/python.mjs';
import { API } from '../lib/requests.mjs';

/**
 * What kv-service runs beside. Each has `name`, `label` for tables and charts, `api` (its requests), `debian` (its packages), and
 * - `versions()`: by program, or undefined when it is not installed;
 * - `start(folder)`: gives `port`, `pids` whose processor time is its own, and `stop`.
 *
 * Servers of one thread have the first core, as kv-service has; those of several go where there is room.
 */
export const PEER_SERVICES = {
  plain: {
    name: 'plain',
    label: 'plain node:http, in memory',
    api: API.kv,
    versions: () => ({}),
    start: () => startPinned(process.execPath, [join(PEERS, 'plain-http.mjs')]),
  },
  fastapi: {
    name: 'fastapi',
    label: 'FastAPI, in memory',
    api: API.kv,
    debian: 'python3-fastapi uvicorn python3-uvloop python3-httptools',
    versions: () => pythonWith(['fastapi', 'uvicorn'], ['uvloop', 'httptools'])?.versions,
    start: () => startPython('fastapi_service.py', ['fastapi', 'uvicorn']),
  },
  aiohttp: {
    name: 'aiohttp',
    label: 'aiohttp, in memory',
    api: API.kv,
    debian: 'python3-aiohttp python3-uvloop',
    versions: () => pythonWith(['aiohttp'], ['uvloop'])?.versions,
    start: () => startPython('aiohttp_service.py', ['aiohttp']),
  },
  webdis: {
    name: 'webdis',
    label: 'webdis + redis, each write synced',
    api: API.webdis,
    debian: 'webdis redis-server',
    versions: () => versionsOf({ 'redis-server': 'redis-server', webdis: 'webdis' }),
    start: startWebdis,
  },
  etcd: {
    name: 'etcd',
    label: "etcd's JSON gateway, each write synced",
    api: API.etcd,
    debian: 'etcd-server',
    versions: () => versionsOf({ etcd: 'etcd-server' }),
    start: startEtcd,
  },
};

/** A bare @grpc/grpc-js server. */
export const plainGrpc = () => startPinned(process.execPath, [join(PEERS, 'plain-grpc.mjs')]);

/** A bare gateway in front of a gRPC port. */
export const plainGateway = (upstream) => startPinned(process.execPath, [join(PEERS, 'plain-gateway.mjs')], [upstream]);

/** Starts a program with its port after its arguments. */
async function startPinned(command, args, more = []) {
  const port = await freePort();
  const { pid, stop } = await startProcess(command, [...args, port, ...more].map(String), port);
  pinServer(pid);
  return { port, pids: [pid], stop };
}

function startPython(script, needed) {
  return startPinned(pythonWith(needed).program, [join(PEERS, script)]);
}

/** @param programs the Debian package of each */
function versionsOf(programs) {
  if (Object.keys(programs).some((program) => find(program) === undefined)) return undefined;
  return Object.fromEntries(Object.entries(programs).map(([program, name]) => [program, debianVersion(name)]));
}

async function startWebdis(folder) {
  const redisPort = await freePort();
  const settings = {
    bind: '127.0.0.1',
    port: redisPort,
    dir: folder,
    appendonly: 'yes',
    appendfsync: 'always',
    save: '',
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const redis = await startProcess(find('redis-server'), flags, redisPort);
  const port = await freePort();
  const file = join(folder, 'webdis.json');
  // Debian's own numbers of threads and connections.
  const webdisSettings = {
    redis_host: '127.0.0.1',
    redis_port: redisPort,
    http_host: '127.0.0.1',
    http_port: port,
    threads: 5,
    pool_size: 20,
    daemonize: false,
    websockets: false,
    database: 0,
    verbosity: 0,
    logfile: join(folder, 'webdis.log'),
  };
  await writeFile(file, JSON.stringify(webdisSettings));
  const webdis = await startProcess(find('webdis'), [file], port);
  const stop = async () => {
    await webdis.stop();
    await redis.stop();
  };
  return { port, pids: [webdis.pid, redis.pid], stop };
}

const url = (port) => `http://127.0.0.1:${port}`;

async function startEtcd(folder) {
  const port = await freePort();
  const peerPort = await freePort();
  const settings = {
    'data-dir': join(folder, 'etcd'),
    'listen-client-urls': url(port),
    'advertise-client-urls': url(port),
    'listen-peer-urls': url(peerPort),
    'initial-advertise-peer-urls': url(peerPort),
    'initial-cluster': `default=${url(peerPort)}`,
    'log-level': 'error',
  };
  const flags = Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
  const { pid, stop } = await startProcess(find('etcd'), flags, port);
  return { port, pids: [pid], stop };
}

/** What to say of a peer that is not installed. */
export const howToInstall = ({ debian }) => `not installed: apt-get install ${debian}`;
