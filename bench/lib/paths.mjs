import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

/** The repository. */
export const ROOT = at('../..');
export const KV_SERVICE_MAIN = at('../../dist/apps/kv-service/src/main.js');
export const GATEWAY_MAIN = at('../../dist/apps/api-gateway/src/main.js');
export const POSTGRES_SERVER = at('../../tools/postgres-server.mjs');
export const RESULTS = at('../results');
export const BASELINE = at('../baseline.json');
export const CHARTS = at('../../docs/charts');
export const PERFORMANCE_DOCUMENT = at('../../docs/performance.md');
export const PEERS = at('../peers');
export const LOAD = at('../load');
