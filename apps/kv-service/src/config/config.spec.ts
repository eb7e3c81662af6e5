import { constants } from 'node:buffer';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { getHeapStatistics } from 'node:v8';
import { afterAll, describe, expect, it } from '@jest/globals';
import { withSettings, type Setting } from '@kvasir/config';
import { DEFAULT_REQUEST_LIMITS, type RequestLimits } from '@kvasir/kv-core';
import { readConfig, type KvServiceConfig } from './config.js';
import { memoryForData } from './memory-limit.js';
import { PROGRAM } from './settings.js';

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

/** What each setting takes and refuses; `member` is where its value ends up. */
interface Case {
  readonly variable: string;
  readonly flag?: string;
  readonly member: (read: KvServiceConfig) => unknown;
  readonly fallback: unknown;
  readonly good: readonly (readonly [string, unknown])[];
  readonly bad: readonly string[];
}

const NUMBERS_NEVER = ['-1', '1.5', '1e3', '0x10', 'many', ' '];

const keysFolder = mkdtempSync(join(tmpdir(), 'kvasir-config-'));
const keysFile = join(keysFolder, 'keys.json');
writeFileSync(keysFile, '[]');
afterAll(() => rmSync(keysFolder, { recursive: true }));

const cases: Case[] = [
  {
    variable: 'PORT',
    flag: '--port',
    member: ({ http }) => http.ports,
    fallback: [8000],
    good: [
      ['0', [0]],
      ['65535', [65_535]],
      ['8000,8080,6969', [8000, 8080, 6969]],
    ],
    bad: ['65536', '80a0', '8000,8000', '8000,', 'http'],
  },
  {
    variable: 'HOST',
    flag: '--host',
    member: ({ http }) => http.host,
    fallback: '0.0.0.0',
    good: [
      ['127.0.0.1', '127.0.0.1'],
      ['::', '::'],
      ['localhost', 'localhost'],
    ],
    bad: ['256.1.1.1', 'localhost:8000', '[::]', 'a b'],
  },
  {
    variable: 'HTTP_FAST',
    member: ({ http }) => http.fast,
    fallback: 'on',
    good: [
      ['on', 'on'],
      ['off', 'off'],
    ],
    bad: ['true', 'ON', '1'],
  },
  {
    variable: 'GRPC_PORT',
    flag: '--grpc-port',
    member: ({ grpc }) => grpc.port,
    fallback: 50_051,
    good: [
      ['0', 0],
      ['65535', 65_535],
    ],
    bad: ['65536', '50051,50052', ...NUMBERS_NEVER],
  },
  {
    variable: 'GRPC_HOST',
    member: ({ grpc }) => grpc.host,
    fallback: '127.0.0.1',
    good: [
      ['0.0.0.0', '0.0.0.0'],
      ['::1', '::1'],
    ],
    bad: ['256.1.1.1', 'localhost:8000', '[::]', 'a b'],
  },
  {
    variable: 'GRPC_TOKEN',
    member: ({ grpcSecurity }) => grpcSecurity.token,
    fallback: undefined,
    good: [
      ['t', 't'],
      ['~!s3cret"', '~!s3cret"'],
    ],
    bad: ['two words', 'schl\u00fcssel'],
  },
  {
    variable: 'STORE',
    flag: '--store',
    member: ({ store }) => store.engine,
    fallback: 'wal',
    good: [
      ['wal', 'wal'],
      ['memory', 'memory'],
    ],
    bad: ['Postgres', 'WAL', 'disk'],
  },
  {
    variable: 'DATA_DIR',
    flag: '--data-dir',
    member: ({ store }) => store.dataDir,
    fallback: resolve('data'),
    good: [
      ['/var/lib/kvasir', '/var/lib/kvasir'],
      ['some/where', resolve('some/where')],
    ],
    bad: ['a\0b'],
  },
  {
    variable: 'FSYNC',
    member: ({ store }) => store.fsync,
    fallback: 'always',
    good: [
      ['always', 'always'],
      ['everysec', 'everysec'],
      ['never', 'never'],
    ],
    bad: ['sometimes', 'ALWAYS', '1'],
  },
  {
    variable: 'WAL_COMPACT_MIN_BYTES',
    member: ({ store }) => store.compactMinBytes,
    fallback: 67_108_864,
    good: [
      ['0', 0],
      ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ],
    bad: ['9007199254740992', '64MB', ...NUMBERS_NEVER],
  },
  {
    variable: 'WAL_COMPACT_RATIO',
    member: ({ store }) => store.compactRatio,
    fallback: 2,
    good: [
      ['2', 2],
      ['1000', 1000],
    ],
    bad: ['1', '1001', ...NUMBERS_NEVER],
  },
  {
    variable: 'PURGE_INTERVAL_MS',
    member: ({ store }) => store.purgeIntervalMs,
    fallback: 1000,
    good: [
      ['1', 1],
      ['2147483647', 2_147_483_647],
    ],
    bad: ['0', '2147483648', ...NUMBERS_NEVER],
  },
  {
    variable: 'MAX_MEMORY_BYTES',
    member: ({ store }) => store.maxMemoryBytes,
    fallback: memoryForData(getHeapStatistics().heap_size_limit),
    good: [
      ['1', 1],
      ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ],
    bad: ['0', '9007199254740992', '1GB', ...NUMBERS_NEVER],
  },
  {
    variable: 'DATABASE_URL',
    member: ({ database }) => database.url,
    fallback: undefined,
    good: [
      ['postgres://kvasir:s3cret@db:5432/kvasir', 'postgres://kvasir:s3cret@db:5432/kvasir'],
      ['postgresql://db/kvasir?sslmode=verify-full', 'postgresql://db/kvasir?sslmode=verify-full'],
    ],
    bad: ['mysql://db/kvasir', 'db:5432', 'postgres://db:port/kvasir'],
  },
  {
    variable: 'DATABASE_SCHEMA',
    member: ({ database }) => database.schema,
    fallback: 'kvasir',
    good: [
      ['team_a', 'team_a'],
      ['x'.repeat(63), 'x'.repeat(63)],
    ],
    bad: ['x'.repeat(64), 'a\0b'],
  },
  {
    variable: 'DATABASE_POOL_SIZE',
    member: ({ database }) => database.poolSize,
    fallback: 10,
    good: [
      ['2', 2],
      ['50', 50],
    ],
    bad: ['1', ...NUMBERS_NEVER],
  },
  {
    variable: 'DATABASE_TIMEOUT_MS',
    member: ({ database }) => database.timeoutMs,
    fallback: 3000,
    good: [
      ['1', 1],
      ['10000', 10_000],
    ],
    bad: ['0', ...NUMBERS_NEVER],
  },
  {
    variable: 'MIGRATE',
    member: ({ database }) => database.migrate,
    fallback: 'on',
    good: [
      ['on', 'on'],
      ['off', 'off'],
    ],
    bad: ['yes', 'OFF'],
  },
  {
    variable: 'MAX_BODY_BYTES',
    member: ({ limits }) => limits.maxBodyBytes,
    fallback: 1_048_576,
    good: [
      ['1', 1],
      ['41943040', 41_943_040],
    ],
    bad: ['0', '41943041', ...NUMBERS_NEVER],
  },
  {
    variable: 'MAX_BATCH_OPERATIONS',
    member: ({ limits }) => limits.maxBatchOperations,
    fallback: 1000,
    good: [
      ['1', 1],
      ['1000000', 1_000_000],
    ],
    bad: ['0', '1000001', ...NUMBERS_NEVER],
  },
  {
    variable: 'MAX_JSON_DEPTH',
    member: ({ limits }) => limits.maxJsonDepth,
    fallback: 64,
    good: [
      ['0', 0],
      ['4096', 4096],
    ],
    bad: ['4097', ...NUMBERS_NEVER],
  },
  {
    variable: 'TLL_DEFAULT',
    member: ({ records }) => records.tllDefault,
    fallback: 30,
    good: [
      ['1', 1],
      ['52560000', 52_560_000],
    ],
    bad: ['0', '52560001', ...NUMBERS_NEVER],
  },
  {
    variable: 'LOG_LEVEL',
    member: ({ log }) => log.level,
    fallback: 'info',
    good: [
      ['fatal', 'fatal'],
      ['error', 'error'],
      ['warn', 'warn'],
      ['info', 'info'],
      ['debug', 'debug'],
      ['trace', 'trace'],
      ['warning', 'warn'],
      ['WARNING', 'warn'],
      ['Debug', 'debug'],
    ],
    bad: ['verbose', 'silent', '30'],
  },
  {
    variable: 'LOG_FORMAT',
    member: ({ log }) => log.format,
    fallback: 'auto',
    good: [
      ['json', 'json'],
      ['pretty', 'pretty'],
      ['auto', 'auto'],
    ],
    bad: ['JSON', 'text', '1'],
  },
  {
    variable: 'METRICS',
    member: ({ metrics }) => metrics.enabled,
    fallback: 'on',
    good: [
      ['on', 'on'],
      ['off', 'off'],
    ],
    bad: ['ON', 'true', '1'],
  },
  {
    variable: 'SHUTDOWN_TIMEOUT_MS',
    member: ({ shutdown }) => shutdown.timeoutMs,
    fallback: 4000,
    good: [
      ['1', 1],
      ['2147483647', 2_147_483_647],
    ],
    bad: ['0', '2147483648', ...NUMBERS_NEVER],
  },
  {
    variable: 'SHUTDOWN_DELAY_MS',
    member: ({ shutdown }) => shutdown.delayMs,
    fallback: 0,
    good: [
      ['0', 0],
      ['3999', 3999],
    ],
    bad: ['2147483648', ...NUMBERS_NEVER],
  },
  {
    variable: 'API_KEYS_FILE',
    member: ({ access }) => access.keysFile,
    fallback: undefined,
    // What may stand in it is kv-core's to say, and tried in access.e2e-spec.ts.
    good: [
      [keysFile, keysFile],
      [relative('.', keysFile), keysFile],
    ],
    bad: ['a\0b'],
  },
  {
    variable: 'ADMIN_KEY',
    member: ({ admin }) => admin.key,
    fallback: undefined,
    good: [
      ['k', 'k'],
      ['~!s3cret"', '~!s3cret"'],
    ],
    bad: ['two words', 'schl\u00fcssel', 'x'.repeat(257)],
  },
];

describe.each(cases)('$variable', ({ variable, flag, member, fallback, good, bad }) => {
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
    expect(cases.map(({ variable }) => variable)).toEqual(alone.map(({ variable }) => variable));
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
