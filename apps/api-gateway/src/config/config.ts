import { readSettings, type SettingsOf, type SettingsResult } from '@kvasir/config';
import { checkGrpcSecurity, checkShutdown, checkTls } from '@kvasir/service';
import { PROGRAM } from './settings.js';

/**
 * The settings of a running api-gateway, checked and deeply frozen, by concern: `http`, `access`, `upstream`, `grpcSecurity`, `log`, `metrics`, `tracing`, `shutdown`. Each member is described where it
 * is declared, in settings.ts.
 */
export type GatewayConfig = SettingsOf<typeof PROGRAM>;

const NO_KEY =
  'API_KEY is not set: allowed is a key of printable ASCII characters without spaces, here or, with others, in API_KEYS\n';

const SHARED_KEY = 'METRICS_KEY is also a key of clients: allowed is one that is not in API_KEY or API_KEYS\n';

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
): SettingsResult<GatewayConfig> {
  const read = checkTls(checkShutdown(readSettings(PROGRAM, { env, argv })));
  const result = checkGrpcSecurity(read, (settings) => settings.grpcSecurity);
  if (result.kind !== 'settings') return result;
  const keys = acceptedKeys(result.settings);
  if (keys.length === 0) return { kind: 'invalid', text: NO_KEY };
  const { key } = result.settings.metrics;
  return key !== undefined && keys.includes(key) ? { kind: 'invalid', text: SHARED_KEY } : result;
}

/** Every key that clients may send. */
export function acceptedKeys({ access }: GatewayConfig): readonly string[] {
  return [...(access.apiKey ?? []), ...(access.apiKeys ?? [])];
}
