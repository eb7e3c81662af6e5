import { API_KEYS, keysFile, withKey } from './api-key.mjs';

/** Requests a second of each API key, the most that can be set: counted, and never reached. */
export const RATE_LIMIT = 1_000_000;

/**
 * How the services of a bench are set up, and what a request has to bring for it:
 * - `env`, `gatewayEnv`: settings of kv-service and api-gateway;
 * - `request(request, i)`: request number i as it is sent to them;
 * - `api(api)`: the same of all requests of one of `API`;
 * - `apiKey`: for connections of one client, or undefined.
 *
 * This one is as they come.
 */
export const OPEN = {
  env: {},
  gatewayEnv: {},
  request: (request) => request,
  api: (api) => api,
  apiKey: undefined,
};

/** As they are put on a network: API keys with prefixes, a rate limit, metrics. */
export async function guardIn(folder) {
  const limit = { RATE_LIMIT: String(RATE_LIMIT) };
  return {
    env: { ...limit, API_KEYS_FILE: await keysFile(folder), METRICS: 'on' },
    // The gateway passes its caller's key on, so its keys are those of kv-service.
    gatewayEnv: { ...limit, API_KEYS: API_KEYS.join(','), METRICS_KEY: 'bench-metrics' },
    request: withKey,
    api: (api) =>
      Object.fromEntries(Object.entries(api).map(([name, requestOf]) => [name, (i) => withKey(requestOf(i), i)])),
    apiKey: API_KEYS[0],
  };
}
