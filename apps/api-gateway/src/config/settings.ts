import { MAX_TIMER_MS, packageVersion, port, wholeNumber, type Program, type Section } from '@kvasir/config';
import { DEFAULT_REQUEST_LIMITS } from '@kvasir/kv-core';
import { connections, grpcSecurity, httpHost, log, rate, shutdown, tls, tracing, web } from '@kvasir/service';
import { apiKey, apiKeys, grpcAddress, metricsKey } from './parsers.js';

/** The most that kv-service takes: a line of its log holds at most 256 MiB, escaped. */
const MAX_MAX_BODY_BYTES = 41_943_040;

const http = {
  title: 'HTTP',
  settings: {
    /** The port to listen on; 0 is any free port. */
    port: {
      variable: 'PORT',
      flag: 'port',
      description: 'The HTTP port.',
      value: port,
      default: '8888',
    },
    /** Address to listen on: an IP address or a host name. */
    host: httpHost,
    /** The most bytes of a body; 1 to 40 MiB. */
    maxBodyBytes: {
      variable: 'MAX_BODY_BYTES',
      description: 'The most bytes of a request body; past it the answer is a 413.',
      value: wholeNumber(1, MAX_MAX_BODY_BYTES),
      default: String(DEFAULT_REQUEST_LIMITS.maxBodyBytes),
    },
  },
} satisfies Section;

const access = {
  title: 'Access',
  settings: {
    /** One key that clients may send as `x-api-key`. */
    apiKey: {
      variable: 'API_KEY',
      description: 'A key that clients send as x-api-key. There must be one at least, here or in API_KEYS.',
      value: apiKey,
      secret: true,
    },
    /** Further keys. */
    apiKeys: {
      variable: 'API_KEYS',
      description: 'More keys, separated by commas: one for each client, or the old and the new one while they change.',
      value: apiKeys,
      secret: true,
    },
  },
} satisfies Section;

const metrics = {
  title: 'Metrics',
  settings: {
    /** Opens `/metrics`, and nothing else; undefined: there is none. */
    key: {
      variable: 'METRICS_KEY',
      description:
        "The key that Prometheus sends for /metrics, which no client's key opens; it opens nothing else. Without it nothing is counted, and there is no /metrics (docs/operations.md).",
      value: metricsKey,
      secret: true,
    },
  },
} satisfies Section;

const upstream = {
  title: 'kv-service',
  settings: {
    /** `host:port`. */
    address: {
      variable: 'KV_GRPC_URL',
      description: 'Where kv-service serves gRPC.',
      value: grpcAddress,
      default: 'kv-service:50051',
    },
    /** Milliseconds that one call may take; 1 to 2^31 - 1. */
    deadlineMs: {
      variable: 'GRPC_DEADLINE_MS',
      description: 'Milliseconds that kv-service may take to answer; past it the answer is a 503.',
      value: wholeNumber(1, MAX_TIMER_MS),
      default: '2000',
    },
  },
} satisfies Section;

/** Everything that can be set about api-gateway. */
export const PROGRAM = {
  name: 'api-gateway',
  summary: 'String values behind HTTP with API keys, kept by kv-service.',
  version: () => packageVersion(import.meta.url),
  sections: { http, tls, connections, rate, web, access, upstream, grpcSecurity, log, metrics, tracing, shutdown },
} satisfies Program;
