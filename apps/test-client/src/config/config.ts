import { readSettings, type SettingsOf, type SettingsResult } from '@kvasir/config';
import { checkShutdown } from '@kvasir/service';
import { PROGRAM } from './settings.js';

/**
 * The settings of a running test-client, checked and deeply frozen, by concern: `http`, `target`, `log`, `shutdown`.
 * Each member is described where it is declared, in settings.ts.
 */
export type TestClientConfig = SettingsOf<typeof PROGRAM>;

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
): SettingsResult<TestClientConfig> {
  return checkShutdown(readSettings(PROGRAM, { env, argv }));
}
