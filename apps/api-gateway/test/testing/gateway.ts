import { freePort, type HttpAnswer, type ServiceProcess, type TestServices } from '@kvasir/test-harness';

/** The gateway's. */
export const KEY = 'test-key';
/** Headers of a body. */
export const JSON_TYPE = { 'Content-Type': 'application/json' };
/** Headers of a request that may pass. */
export const WITH_KEY = { 'x-api-key': KEY };

/** Settings. */
export type Env = Readonly<Record<string, string>>;

/** Starts what a gateway needs, and gateways. */
export function startsOf(services: TestServices) {
  /** Starts a kv-service that speaks gRPC. */
  async function startStore(env: Env = {}): Promise<{ store: ServiceProcess; port: number }> {
    const port = await freePort();
    return { store: await services.start({ env: { GRPC_PORT: String(port), STORE: 'memory', ...env } }), port };
  }

  function startGateway(port: number, env: Env = {}): Promise<ServiceProcess> {
    const own = { KV_GRPC_URL: `localhost:${port}`, API_KEY: KEY };
    return services.start({ app: 'api-gateway', env: { ...own, ...env } });
  }

  return { startStore, startGateway };
}

/** Requests with the key. */
export const get = ({ http }: ServiceProcess, path: string): Promise<HttpAnswer> =>
  http.send('GET', path, { headers: WITH_KEY });
export const remove = ({ http }: ServiceProcess, path: string): Promise<HttpAnswer> =>
  http.send('DELETE', path, { headers: WITH_KEY });
export const put = ({ http }: ServiceProcess, body: string | Buffer): Promise<HttpAnswer> =>
  http.send('PUT', '/v1/values', { body, headers: { ...JSON_TYPE, ...WITH_KEY } });

/** Status and body. */
export const said = ({ status, text }: HttpAnswer): [number, string] => [status, text];
