export { openPostgresStore } from './open-postgres-store.js';
export type { LogLevel, PostgresLog, PostgresStoreOptions } from './options.js';
