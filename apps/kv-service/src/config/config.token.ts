/** What to inject for the service's `KvServiceConfig`. */
export const KV_SERVICE_CONFIG = Symbol('kv-service config');
