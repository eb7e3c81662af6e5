import { setTimeout as sleep } from 'node:timers/promises';
import { StoreUnavailableError, type KvStore } from '@kvasir/kv-core';
import { readConnectionUrl } from './connection-url.js';
import { Database } from './database.js';
import { mayPass, reasonOf, storeErrorOf } from './database-failure.js';
import type { SchemaCapabilities, SchemaOptions } from './migrate.js';
import type { DatabaseUse, PostgresStoreOptions } from './options.js';
import { PostgresStore } from './postgres-store.js';
import { Statements } from './statements.js';

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 8000;

const MAX_SCHEMA_BYTES = 63;

/**
 * Opens the shared engine: waits until the database answers, brings its tables up to date, then takes reads and writes.
 *
 * @throws StoreUnavailableError when the database refuses this program (wrong password, no such database, bad certificate) or the options do not fit
 * @throws SchemaUnsupportedError when its tables are newer, or missing and not to be made
 */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<KvStore & DatabaseUse> {
  const { schema = 'kvasir', poolSize = 10, timeoutMs = 5000, maxWaiting = 10_000, migrate = true } = options;
  const log = options.log ?? (() => undefined);
  if (schema === '' || schema.includes('\0') || Buffer.byteLength(schema) > MAX_SCHEMA_BYTES) {
    throw new StoreUnavailableError(
      `the schema is ${JSON.stringify(schema)}; its name has 1 to ${MAX_SCHEMA_BYTES} bytes`,
    );
  }
  if (!Number.isSafeInteger(poolSize) || poolSize < 2) {
    throw new StoreUnavailableError(`the pool size is ${poolSize}; it is a whole number from 2`);
  }
  const target = readConnectionUrl(options.url);
  const capabilities = await prepareWhenThere({ target, schema, migrate, timeoutMs, log }, options.signal);

  const database = new Database({ target, poolSize, timeoutMs, maxWaiting, log });
  return new PostgresStore(database, new Statements(schema), capabilities);
}

async function prepareWhenThere(options: SchemaOptions, signal: AbortSignal | undefined): Promise<SchemaCapabilities> {
  const { log, target } = options;
  // The migrations' library is large, and most services that load this engine open another one.
  const { prepareSchema } = await import('./migrate.js');
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    signal?.throwIfAborted();
    try {
      return await prepareSchema(options);
    } catch (error) {
      if (!mayPass(error)) throw startErrorOf(error, target.description);
      log(
        'warn',
        `the database at ${target.description} is not ready (${reasonOf(error)}); asking again in ${wait} ms`,
      );
      await sleep(wait, undefined, { signal });
    }
  }
}

function startErrorOf(error: unknown, description: string): Error {
  const known = storeErrorOf(error);
  if (known.code !== 'STORE_UNAVAILABLE') return known;
  return new StoreUnavailableError(`the database at ${description} cannot be used: ${reasonOf(error)}`, {
    cause: known.cause,
  });
}
