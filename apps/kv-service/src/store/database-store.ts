import { Injectable } from '@nestjs/common';
import { openPostgresStore, type DatabaseUse, type PostgresLog } from '@kvasir/engine-postgres';
import type { KvStore } from '@kvasir/kv-core';
import { StartError } from '@kvasir/service';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import type { KvServiceConfig } from '../config/config.js';

/** Says what becomes of the database: waiting for it, migrations, connections that end. */
@Injectable()
export class DatabaseLog {
  constructor(@InjectPinoLogger(DatabaseLog.name) private readonly logger: PinoLogger) {}

  readonly write: PostgresLog = (level, message) => this.logger[level](message);
}

/**
 * Opens the engine that shares a database with other processes; waits until the database is there.
 *
 * @param signal ends the wait
 */
export async function openDatabaseStore(
  config: KvServiceConfig['database'],
  log: DatabaseLog,
  signal: AbortSignal,
): Promise<KvStore & DatabaseUse> {
  const { url, schema, poolSize, timeoutMs } = config;
  if (url === undefined) {
    throw new StartError('STORE is postgres, which needs DATABASE_URL: postgres://user:password@host:port/database');
  }
  return await openPostgresStore({
    url,
    schema,
    poolSize,
    timeoutMs,
    migrate: config.migrate === 'on',
    log: log.write,
    signal,
  });
}
