export { openPostgresStore } from './open-postgres-store.js';
export type { DatabaseUse, LogLevel, PoolUse, PostgresLog, PostgresStoreOptions } from './options.js';
