import { getHeapStatistics } from 'node:v8';
import {
  host,
  MAX_TIMER_MS,
  oneOf,
  packageVersion,
  path,
  port,
  ports,
  wholeNumber,
  type Program,
  type Section,
  type ValueParser,
} from '@kvasir/config';
import { DEFAULT_REQUEST_LIMITS, MAX_TTL_MS } from '@kvasir/kv-core';
import { connections, grpcSecurity, httpHost, log, rate, shutdown, tls, tracing, web } from '@kvasir/service';
import { memoryForData } from './memory-limit.js';

/**
 * A value stands in one line of the log, which holds at most 256 MiB, and a string that comes as it is (gRPC) takes up to six bytes a
 * byte there: this is 40 MiB.
 */
const MAX_MAX_BODY_BYTES = 41_943_040;

/** One batch is one group in the log and holds up every other write while it runs. */
const MAX_MAX_BATCH_OPERATIONS = 1_000_000;

/** Readers of values in many languages end their stack at some thousands of levels. */
const MAX_MAX_JSON_DEPTH = 4096;

const http = {
  title: 'HTTP',
  settings: {
    /** Ports to listen on, all serving the same; never empty, each 0 is any free port. */
    ports: {
      variable: 'PORT',
      flag: 'port',
      description: 'The HTTP port; with several, each serves the same.',
      value: ports,
      default: '8000',
    },
    /** Address to listen on: an IP address or a host name. */
    host: httpHost,
    /** Whether data routes skip the pipeline of Express and Nest. */
    fast: {
      variable: 'HTTP_FAST',
      description:
        'Whether data routes skip the pipeline of Express and Nest; off: the same answers at a fraction of the speed, to find out what the pipeline has to do with something.',
      value: oneOf(['on', 'off']),
      default: 'on',
    },
  },
} satisfies Section;

const grpc = {
  title: 'gRPC',
  settings: {
    /** The port to listen on; 0: no gRPC. */
    port: {
      variable: 'GRPC_PORT',
      flag: 'grpc-port',
      description: 'The gRPC port; 0 turns gRPC off.',
      value: { ...port, allowed: 'a port number from 0 to 65535 (0 turns gRPC off)' },
      default: '50051',
    },
    /** Address to listen on: an IP address or a host name. */
    host: {
      variable: 'GRPC_HOST',
      description:
        'The address to listen on for gRPC; 0.0.0.0 is every IPv4 address of the machine, a host name is its first address.',
      value: host,
      default: '127.0.0.1',
    },
  },
} satisfies Section;

const store = {
  title: 'Store',
  settings: {
    /** The engine that holds the data. */
    engine: {
      variable: 'STORE',
      flag: 'store',
      description:
        'The engine: wal keeps everything in memory and in a log on disk, memory has nothing on disk, postgres shares a database with other processes.',
      value: oneOf(['wal', 'memory', 'postgres']),
      default: 'wal',
    },
    /** The log's folder, an absolute path. It need not exist yet. */
    dataDir: {
      variable: 'DATA_DIR',
      flag: 'data-dir',
      description: 'The folder of the log, made at start when it is missing.',
      value: path,
      default: './data',
    },
    /** When the log is synced to disk. */
    fsync: {
      variable: 'FSYNC',
      description:
        'When the log is synced to disk: before a write is answered (always), once a second, or when the operating system likes (never).',
      value: oneOf(['always', 'everysec', 'never']),
      default: 'always',
    },
    /** Bytes of the log below which it is not compacted by itself. */
    compactMinBytes: {
      variable: 'WAL_COMPACT_MIN_BYTES',
      description: 'The log is not compacted by itself below this many bytes.',
      value: wholeNumber(0, Number.MAX_SAFE_INTEGER),
      default: '67108864',
    },
    /** How many times the bytes of its live entries the log may take before it is compacted by itself; 2 to 1,000. */
    compactRatio: {
      variable: 'WAL_COMPACT_RATIO',
      description: 'The log is compacted when it is this many times what its live entries would take.',
      value: wholeNumber(2, 1000),
      default: '2',
    },
    /** Milliseconds between two sweeps of expired keys; 1 to 2^31 - 1. */
    purgeIntervalMs: {
      variable: 'PURGE_INTERVAL_MS',
      description: 'Milliseconds between two sweeps that free the memory of expired keys.',
      value: wholeNumber(1, MAX_TIMER_MS),
      default: '1000',
    },
    /** Bytes of memory that entries may take by the engine's count; past it writes that grow the store are a 507. */
    maxMemoryBytes: {
      variable: 'MAX_MEMORY_BYTES',
      description: 'Bytes of memory that the data may take; past it writes that grow the store are a 507.',
      value: wholeNumber(1, Number.MAX_SAFE_INTEGER),
      default: {
        compute: () => String(memoryForData(getHeapStatistics().heap_size_limit)),
        words: "what the process's heap limit leaves for data",
      },
    },
  },
} satisfies Section;

/** What no process needs that one flush and some reads at once do not use up; PostgreSQL takes 100 connections as it comes. */
const MAX_POOL_SIZE = 1000;

/** What libpq calls by these names; `prefer` and `allow`, its others, may end unencrypted. */
const SSL_MODES = ['disable', 'require', 'verify-ca', 'verify-full'];

/** For the engine `postgres`. */
const database = {
  title: 'Database',
  settings: {
    /** Where the database is; needed with `STORE=postgres`. */
    url: {
      variable: 'DATABASE_URL',
      description: 'The database of STORE=postgres; sslmode and sslrootcert as in libpq.',
      value: {
        allowed: `an address of the form postgres://user:password@host:port/database, with ?sslmode=${SSL_MODES.join('|')} if need be`,
        parse: (text) => {
          if (!/^postgres(ql)?:\/\//.test(text) || !URL.canParse(text)) return undefined;
          const mode = new URL(text).searchParams.get('sslmode');
          return mode === null || SSL_MODES.includes(mode) ? text : undefined;
        },
      } satisfies ValueParser<string>,
      secret: true,
    },
    /** The schema that holds the tables. */
    schema: {
      variable: 'DATABASE_SCHEMA',
      description: 'The schema of the tables; made at start when it is missing.',
      value: {
        allowed: 'a name of 1 to 63 bytes',
        parse: (text) => (text.includes('\0') || Buffer.byteLength(text) > 63 ? undefined : text),
      } satisfies ValueParser<string>,
      default: 'kvasir',
    },
    /** The most connections of this process; 2 to 1,000. */
    poolSize: {
      variable: 'DATABASE_POOL_SIZE',
      description: 'The most connections to the database of this process, one of them for writes alone.',
      value: wholeNumber(2, MAX_POOL_SIZE),
      default: '10',
    },
    /** Milliseconds after which a call that the database has not answered is a 503; 1 to 2^31 - 1 less a second. */
    timeoutMs: {
      variable: 'DATABASE_TIMEOUT_MS',
      description: 'Milliseconds that a request waits for the database; past it the answer is a 503.',
      value: wholeNumber(1, MAX_TIMER_MS - 1000),
      default: '3000',
    },
    /** Whether this process creates the tables and brings them up to date. */
    migrate: {
      variable: 'MIGRATE',
      description: 'Whether the tables are created and brought up to date at start; off for a user who may not.',
      value: oneOf(['on', 'off']),
      default: 'on',
    },
  },
} satisfies Section;

/** Has the members of kv-core's `RequestLimits`. */
const limits = {
  title: 'Limits',
  settings: {
    /** The most bytes of a body; 1 to 40 MiB. */
    maxBodyBytes: {
      variable: 'MAX_BODY_BYTES',
      description: 'The most bytes of a request body; past it the answer is a 413.',
      value: wholeNumber(1, MAX_MAX_BODY_BYTES),
      default: String(DEFAULT_REQUEST_LIMITS.maxBodyBytes),
    },
    /** The most operations of one batch or bulk; 1 to 1,000,000. */
    maxBatchOperations: {
      variable: 'MAX_BATCH_OPERATIONS',
      description: 'The most operations of one batch; past it the answer is a 400.',
      value: wholeNumber(1, MAX_MAX_BATCH_OPERATIONS),
      default: String(DEFAULT_REQUEST_LIMITS.maxBatchOperations),
    },
    /** How deep arrays and objects may nest inside a value; 0 (neither) to 4,096. */
    maxJsonDepth: {
      variable: 'MAX_JSON_DEPTH',
      description: 'How many levels arrays and objects may nest inside a value; past it the answer is a 400.',
      value: wholeNumber(0, MAX_MAX_JSON_DEPTH),
      default: String(DEFAULT_REQUEST_LIMITS.maxJsonDepth),
    },
  },
} satisfies Section;

/** Has the members of the records API's `RecordsOptions`. */
const records = {
  title: 'Records',
  settings: {
    /** Minutes that a record lives whose request does not say; 1 to 52,560,000 (100 years). */
    tllDefault: {
      variable: 'TLL_DEFAULT',
      description: 'Minutes that a record lives when its request has no tll.',
      value: wholeNumber(1, MAX_TTL_MS / 60_000),
      default: '30',
    },
  },
} satisfies Section;

/** What a header carries as it is. */
const headerSecret: ValueParser<string> = {
  allowed: '1 to 256 visible ASCII characters, no spaces',
  parse: (text) => (/^[\x21-\x7e]{1,256}$/.test(text) ? text : undefined),
};

const access = {
  title: 'Access',
  settings: {
    /** The file of API keys, an absolute path; undefined: whoever reaches the service may do everything with its data. */
    keysFile: {
      variable: 'API_KEYS_FILE',
      description:
        'The file of API keys and their rights (docs/security.md), read again on SIGHUP; without one the data is open to everybody.',
      value: path,
    },
  },
} satisfies Section;

const admin = {
  title: 'Administration',
  settings: {
    /** What a request to /admin must bring in `x-api-key`; without one those routes are not there. */
    key: {
      variable: 'ADMIN_KEY',
      description:
        'What requests to /admin/* must bring in x-api-key, instead of an API key with the verb admin; without either those routes are not there.',
      value: headerSecret,
      secret: true,
    },
  },
} satisfies Section;

const metrics = {
  title: 'Metrics',
  settings: {
    /** Whether requests are counted and `/metrics` is there. */
    enabled: {
      variable: 'METRICS',
      description: 'Whether requests are counted, and /metrics tells Prometheus (docs/operations.md).',
      value: oneOf(['on', 'off']),
      default: 'on',
    },
  },
} satisfies Section;

/**
 * Everything that can be set about kv-service. A new setting is one more declaration here; `npm run build` and
 * `node tools/configuration-doc.mjs` then bring docs/configuration.md up to date.
 */
export const PROGRAM = {
  name: 'kv-service',
  summary: 'A durable key-value store behind HTTP and gRPC.',
  version: () => packageVersion(import.meta.url),
  sections: {
    http,
    tls,
    connections,
    rate,
    web,
    grpc,
    grpcSecurity,
    store,
    database,
    limits,
    records,
    log,
    metrics,
    tracing,
    shutdown,
    access,
    admin,
  },
} satisfies Program;
