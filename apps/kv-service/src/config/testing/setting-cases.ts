import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { getHeapStatistics } from 'node:v8';
import { afterAll } from '@jest/globals';
import type { KvServiceConfig } from '../config.js';
import { memoryForData } from '../memory-limit.js';

/** What each setting takes and refuses; `member` is where its value ends up. */
export interface SettingCase {
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

/** One for each setting of kv-service. */
export const SETTING_CASES: readonly SettingCase[] = [
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
    bad: ['mysql://db/kvasir', 'db:5432', 'postgres://db:port/kvasir', 'postgres://db/kvasir?sslmode=prefer'],
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
