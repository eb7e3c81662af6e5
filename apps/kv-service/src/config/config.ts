import { readSettings, type SettingsOf, type SettingsResult } from '@kvasir/config';
import { checkGrpcSecurity, checkShutdown, checkTls } from '@kvasir/service';
import { ApiKeyFileError } from '@kvasir/kv-core';
import { readApiKeys } from '../access/api-keys.js';
import { PROGRAM } from './settings.js';

/**
 * The settings of a running kv-service, checked and deeply frozen, by concern: `http`, `grpc`, `grpcSecurity`, `store`, `database`, `limits` (kv-core's
 * `RequestLimits`), `log`, `shutdown`. Each member is described where it is declared, in settings.ts.
 */
export type KvServiceConfig = SettingsOf<typeof PROGRAM>;

/**
 * Reads the configuration, once at start.
 *
 * @param env as in `process.env`
 * @param argv as in `process.argv.slice(2)`
 * @returns the settings, or the text to print instead of starting (help, version, or what does not fit)
 */
export function readConfig(
  env: Readonly<Record<string, string | undefined>>,
  argv: readonly string[],
): SettingsResult<KvServiceConfig> {
  const result = checkTls(checkShutdown(readSettings(PROGRAM, { env, argv })));
  return checkApiKeys(checkDatabase(checkGrpcSecurity(result, (settings) => settings.grpcSecurity)));
}

function checkDatabase(result: SettingsResult<KvServiceConfig>): SettingsResult<KvServiceConfig> {
  if (result.kind !== 'settings') return result;
  const { store, database } = result.settings;
  if (store.engine !== 'postgres' || database.url !== undefined) return result;
  const text = 'DATABASE_URL is not set: STORE is postgres, which needs postgres://user:password@host:port/database\n';
  return { kind: 'invalid', text };
}

function checkApiKeys(result: SettingsResult<KvServiceConfig>): SettingsResult<KvServiceConfig> {
  if (result.kind !== 'settings') return result;
  const { keysFile } = result.settings.access;
  if (keysFile === undefined) return result;
  try {
    readApiKeys(keysFile);
    return result;
  } catch (error) {
    if (!(error instanceof ApiKeyFileError)) throw error;
    return { kind: 'invalid', text: `API_KEYS_FILE is ${JSON.stringify(keysFile)}: ${error.message}\n` };
  }
}
