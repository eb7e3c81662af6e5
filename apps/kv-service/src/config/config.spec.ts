import { constants } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { withSettings, type Setting } from '@kvasir/config';
import { DEFAULT_REQUEST_LIMITS, type RequestLimits } from '@kvasir/kv-core';
import { readConfig, type KvServiceConfig } from './config.js';
import { PROGRAM } from './settings.js';
import { SETTING_CASES } from './testing/setting-cases.js';

type Environment = Record<string, string | undefined>;

/** The configuration that was read, where that must have gone well. */
function config(env: Environment, ...argv: string[]): KvServiceConfig {
  const result = readConfig(env, argv);
  if (result.kind !== 'settings') throw new Error(`not read: ${result.text}`);
  return result.settings;
}

/** The text of `--help` or about what does not fit. */
function textOf(kind: 'help' | 'invalid', env: Environment, ...argv: string[]): string {
  const result = readConfig(env, argv);
  if (result.kind !== kind) throw new Error(`not ${kind}: ${JSON.stringify(result)}`);
  return result.text;
}

const declared = Object.values(PROGRAM.sections).flatMap(({ settings }) => Object.values(settings));

describe.each(SETTING_CASES)('$variable', ({ variable, flag, member, fallback, good, bad }) => {
  it('has its default when it is unset or set to nothing', () => {
    expect(member(config({}))).toEqual(fallback);
    expect(member(config({ [variable]: '' }))).toEqual(fallback);
  });

  it.each(good)('takes %j', (text, value) => {
    expect(member(config({ [variable]: text }))).toEqual(value);
  });

  it.each(bad)('refuses %j in one line that names the variable, the value and what is allowed', (text) => {
    const message = textOf('invalid', { [variable]: text });
    const setting: Setting<unknown> = declared.find((one) => one.variable === variable);
    const shown = setting.secret === true ? 'set to a value that does not fit' : JSON.stringify(text);
    expect(message).toBe(`${variable} is ${shown}: allowed is ${setting.value.allowed}\n`);
  });

  it(flag === undefined ? 'has no flag' : 'has a flag, which wins', () => {
    const name = flag ?? `--${variable.toLowerCase().replaceAll('_', '-')}`;
    const [[text, value] = ['', undefined]] = good;
    if (flag === undefined) {
      expect(textOf('invalid', {}, name, text)).toContain(`${name} is not a flag of kv-service`);
    } else {
      expect(member(config({ [variable]: good[1]![0] }, name, text))).toEqual(value);
      expect(member(config({ [variable]: good[1]![0] }, `${name}=${text}`))).toEqual(value);
    }
  });

  it('stands in --help', () => {
    const setting: Setting<unknown> = declared.find((one) => one.variable === variable);
    const help = textOf('help', {}, '--help').replaceAll(/\s+/g, ' ');
    const names = flag === undefined ? variable : `${variable}, ${flag} <value>`;
    const words = typeof setting.default === 'string' ? setting.default : (setting.default?.words ?? 'none');
    expect(help).toContain(` ${names} ${setting.description} Allowed: ${setting.value.allowed} Default: ${words} `);
  });
});

describe("kv-service's settings", () => {
  it('ask for the database that STORE=postgres needs', () => {
    expect(textOf('invalid', { STORE: 'postgres' })).toBe(
      'DATABASE_URL is not set: STORE is postgres, which needs postgres://user:password@host:port/database\n',
    );
    expect(config({ STORE: 'postgres', DATABASE_URL: 'postgres://db/kvasir' }).store.engine).toBe('postgres');
  });

  it('are all in the cases above', () => {
    // What api-gateway has too has its cases in libs/service; the files of TLS come together.
    const { tls, connections, rate, web, tracing } = PROGRAM.sections;
    const shared = [tls, connections, rate, web, tracing].flatMap(({ settings }) =>
      Object.values<Setting<unknown>>(settings),
    );
    const alone = declared.filter((one) => !shared.includes(one) && !one.variable.startsWith('GRPC_TLS_'));
    expect(SETTING_CASES.map(({ variable }) => variable)).toEqual(alone.map(({ variable }) => variable));
  });

  it('have variables and flags of their own', () => {
    const names = declared.flatMap((setting) =>
      [setting.variable, 'flag' in setting ? `--${setting.flag}` : []].flat(),
    );
    expect(new Set(names).size).toBe(names.length);
    expect(names).not.toContain('--help');
    expect(names).not.toContain('--version');
  });

  it("hold kv-core's request limits, with its defaults", () => {
    const limits: RequestLimits = config({}).limits;
    expect(limits).toEqual(DEFAULT_REQUEST_LIMITS);
  });

  it('allow no body that could not be a string', () => {
    expect(config({ MAX_BODY_BYTES: '41943040' }).limits.maxBodyBytes).toBeLessThanOrEqual(constants.MAX_STRING_LENGTH);
  });

  it('leave variables of other programs alone', () => {
    expect(config({ PATH: '/bin', port: 'x', npm_config_port: 'x' })).toEqual(config({}));
  });

  it('are what docs/configuration.md says', () => {
    const document = readFileSync(new URL('../../../../docs/configuration.md', import.meta.url), 'utf8');
    // When this fails: npm run build && node tools/configuration-doc.mjs
    expect(document).toBe(withSettings(document, PROGRAM));
  });
});
