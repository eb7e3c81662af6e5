import { getHeapStatistics } from 'node:v8';
import {
  host,
  MAX_TIMER_MS,
  oneOf,
  packageVersion,
  path,
  ports,
  wholeNumber,
  type Program,
  type Section,
} from '@kvasir/config';
import { DEFAULT_REQUEST_LIMITS } from '@kvasir/kv-core';
import { memoryForData } from './memory-limit.js';

/** A body is read as text at some places, and V8's longest string has this many units (2^29 - 24). */
const MAX_MAX_BODY_BYTES = 536_870_888;

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
    host: {
      variable: 'HOST',
      flag: 'host',
      description: 'The address to listen on; 0.0.0.0 is every IPv4 address of the machine.',
      value: host,
      default: '0.0.0.0',
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
      description: 'The engine: wal keeps everything in memory and in a log on disk, memory has nothing on disk.',
      value: oneOf(['wal', 'memory']),
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

/** Has the members of kv-core's `RequestLimits`. */
const limits = {
  title: 'Limits',
  settings: {
    /** The most bytes of a body; 1 to 2^29 - 24. */
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

const log = {
  title: 'Log lines',
  settings: {
    /** The least severe level that is logged, by pino's names. */
    level: {
      variable: 'LOG_LEVEL',
      description: 'The least severe level that is logged; each request is logged with its time at debug.',
      value: oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace'], {
        aliases: { warning: 'warn' },
        anyCase: true,
      }),
      default: 'info',
    },
  },
} satisfies Section;

const shutdown = {
  title: 'Shutdown',
  settings: {
    /** Milliseconds from SIGTERM to the end of the process at the latest; 1 to 2^31 - 1. */
    timeoutMs: {
      variable: 'SHUTDOWN_TIMEOUT_MS',
      description:
        'Milliseconds that stopping may take after SIGTERM; requests still under way are cut off before that.',
      value: wholeNumber(1, MAX_TIMER_MS),
      default: '4000',
    },
  },
} satisfies Section;

/**
 * Everything that can be set about kv-service. A new setting is one more declaration here; `npm run build` and
 * `node tools/configuration-doc.mjs` then bring docs/configuration.md up to date.
 */
export const PROGRAM = {
  name: 'kv-service',
  summary: 'A durable key-value store behind HTTP.',
  version: () => packageVersion(import.meta.url),
  sections: { http, store, limits, log, shutdown },
} satisfies Program;
