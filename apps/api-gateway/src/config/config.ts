import { readSettings, type SettingsOf, type SettingsResult } from '@kvasir/config';
import { checkGrpcSecurity, checkShutdown, checkTls } from '@kvasir/service';
import { PROGRAM } from './settings.js';

/**
 * The settings of a running api-gateway, checked and deeply frozen, by concern: `http`, `access`, `upstream`, `grpcSecurity`, `log`, `shutdown`. Each member is described where it
 * is declared, in settings.ts.
 */
export type GatewayConfig = SettingsOf<typeof PROGRAM>;

const NO_KEY =
  'API_KEY is not set: allowed is a key of printable ASCII characters without spaces, here or, with others, in API_KEYS\n';

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
  if (result.kind === 'settings' && acceptedKeys(result.settings).length === 0)
    return { kind: 'invalid', text: NO_KEY };
  return result;
}

/** Every key that clients may send. */
export function acceptedKeys({ access }: GatewayConfig): readonly string[] {
  return [...(access.apiKey ?? []), ...(access.apiKeys ?? [])];
}
