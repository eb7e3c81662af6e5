import { GATEWAY_MAIN, KV_SERVICE_MAIN } from '../lib/paths.mjs';
import { freePort, pinServer, startProcess } from '../lib/processes.mjs';

/** The gateway's and its clients' key. */
const GATEWAY_KEY = 'bench';

const PORTS = /"ports":\[(\d+)[^\n]* is ready/;

/**
 * The built kv-service on a free port, as it comes: all checks and limits on.
 *
 * @param env settings
 * @returns `port`, `grpcPort` (with `grpc`), `pids`, `stop`
 */
export async function startKvService(env, { flags = [], grpc = false, pinned = true } = {}) {
  const grpcPort = grpc ? await freePort() : 0;
  const settings = { HOST: '127.0.0.1', PORT: '0', GRPC_PORT: String(grpcPort), LOG_LEVEL: 'info', ...env };
  const { pid, match, stop } = await startProcess(process.execPath, [...flags, KV_SERVICE_MAIN], PORTS, settings);
  if (pinned) pinServer(pid);
  const port = Number(match[1]);
  if (env.API_KEYS_FILE) await expectKeys(port);
  return { port, grpcPort, pids: [pid], stop };
}

/** What is measured as guarded has to be. */
async function expectKeys(port) {
  const { status } = await fetch(`http://127.0.0.1:${port}/kv/key`);
  if (status !== 401) throw new Error(`kv-service has API keys and answers a request without one with ${status}`);
}

/**
 * The built api-gateway in front of a gRPC port.
 *
 * @param settings more of them
 */
export async function startGateway(upstream, settings = {}) {
  const port = await freePort();
  const own = { HOST: '127.0.0.1', PORT: String(port), API_KEY: GATEWAY_KEY, KV_GRPC_URL: `127.0.0.1:${upstream}` };
  const { pid, stop } = await startProcess(process.execPath, [GATEWAY_MAIN], port, { ...own, ...settings });
  pinServer(pid);
  return { port, pids: [pid], stop };
}
