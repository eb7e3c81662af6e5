import { MAX_TIMER_MS, oneOf, wholeNumber, type Section, type ValueParser } from '@kvasir/config';
import {
  DEFAULT_HTTP_TIMEOUTS,
  DEFAULT_MAX_BODIES_BYTES,
  parseTrustProxy,
  RateLimiter,
  type CorsOrigins,
  type HttpAdapterOptions,
  type HttpTimeouts,
  type TrustProxy,
} from '@kvasir/http';

/** The whole span that a port's connections can have. */
const MAX_MAX_CONNECTIONS = 1_000_000;

const MAX_RATE = 1_000_000;

const timeout = (defaultMs: number, minMs = 1): { value: ValueParser<number>; default: string } => ({
  value: wholeNumber(minMs, MAX_TIMER_MS),
  default: String(defaultMs),
});

/** How many clients a service takes, and how long it waits for them. */
export const connections = {
  title: 'Connections',
  settings: {
    /** The most connections at once, for each port; 1 to 1,000,000. */
    max: {
      variable: 'MAX_CONNECTIONS',
      description:
        'The most connections at once on each port, of HTTP and of gRPC; what comes past that is closed at once.',
      value: wholeNumber(1, MAX_MAX_CONNECTIONS),
      default: '16384',
    },
    /** The most bytes that the bodies of all requests may take while they arrive; never less than one body may have. */
    maxBodiesBytes: {
      variable: 'MAX_BODIES_BYTES',
      description:
        'The most bytes that the bodies of all requests may take while they arrive, those of up to 4 KiB not counted; past it the answer is a 503.',
      value: wholeNumber(1, Number.MAX_SAFE_INTEGER),
      default: String(DEFAULT_MAX_BODIES_BYTES),
    },
    /** Milliseconds from the first moment of a connection or request to the end of its headers. */
    headersTimeoutMs: {
      variable: 'HEADERS_TIMEOUT_MS',
      description:
        "Milliseconds that a request's headers may take, from the connection's or the request's first moment; past it the answer is a 408.",
      ...timeout(DEFAULT_HTTP_TIMEOUTS.headersMs),
    },
    /** Milliseconds from the first byte of a request to its last. */
    requestTimeoutMs: {
      variable: 'REQUEST_TIMEOUT_MS',
      description: 'Milliseconds that a whole request may take to arrive, body included; past it the answer is a 408.',
      ...timeout(DEFAULT_HTTP_TIMEOUTS.requestMs),
    },
    /** Milliseconds without a byte in either direction, in the midst of a request or an answer. */
    stallTimeoutMs: {
      variable: 'STALL_TIMEOUT_MS',
      description:
        'Milliseconds without a byte in either direction after which a connection is cut in the midst of a request or an answer: a client that does not read is one.',
      ...timeout(DEFAULT_HTTP_TIMEOUTS.stallMs),
    },
    /** Milliseconds that a connection may be idle between two requests. */
    keepAliveTimeoutMs: {
      variable: 'KEEP_ALIVE_TIMEOUT_MS',
      description:
        'Milliseconds that a connection may be idle between two requests; longer than a load balancer keeps its own, so that it closes first.',
      ...timeout(DEFAULT_HTTP_TIMEOUTS.keepAliveMs),
    },
  },
} satisfies Section;

/** How often a caller may ask. */
export const rate = {
  title: 'Requests a second',
  settings: {
    /** Requests a second for each API key, or for each address without one; 0: no limit. */
    limit: {
      variable: 'RATE_LIMIT',
      description:
        'Requests a second for each API key, and for each address that comes without one; past it the answer is a 429. 0 is no limit. /health is not counted.',
      value: wholeNumber(0, MAX_RATE),
      default: '0',
    },
    /** The most requests at once after a pause; undefined: as many as a second has. */
    burst: {
      variable: 'RATE_LIMIT_BURST',
      description: 'The most requests at once after a pause; without it as many as RATE_LIMIT.',
      value: wholeNumber(1, MAX_RATE),
    },
    /** Who may say for whom it asks. */
    trustProxy: {
      variable: 'TRUST_PROXY',
      description:
        "The proxies whose X-Forwarded-For says whose address counts: how many there are in front of its HTTP ports, or their addresses and subnets, separated by commas. Without it the connection's own address counts.",
      value: {
        allowed:
          'a whole number from 1 to 32, or addresses, subnets (10.0.0.0/8), loopback, linklocal and uniquelocal, separated by commas',
        parse: parseTrustProxy,
      } satisfies ValueParser<TrustProxy>,
    },
  },
} satisfies Section;

/** Exactly as a browser sends it: scheme, host in lower case, and the port unless it is the scheme's own. */
function isOrigin(text: string): boolean {
  return /^https?:\/\/[^*]+$/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}

const corsOrigins: ValueParser<CorsOrigins> = {
  allowed: '* for all, or origins as a browser sends them (https://app.example.com), separated by commas',
  parse: (text) => {
    if (text.trim() === '*') return '*';
    const origins = text.split(',').map((origin) => origin.trim());
    return origins.every(isOrigin) ? origins : undefined;
  },
};

/** What browsers get. */
export const web = {
  title: 'Browsers',
  settings: {
    /** Which web pages of other sites may read answers; undefined: none. */
    corsOrigins: {
      variable: 'CORS_ORIGINS',
      description: 'The origins of web pages that may call the API from a browser; without it none but its own pages.',
      value: corsOrigins,
    },
    /** Whether Swagger UI and the OpenAPI document are served. */
    docs: {
      variable: 'DOCS',
      description: 'Whether /docs, /docs-json and /docs-yaml are served; off makes each of them a 404.',
      value: oneOf(['on', 'off']),
      default: 'on',
    },
  },
} satisfies Section;

/** What {@link connections}, {@link rate} and {@link web} are read into. */
export interface HttpSettings {
  readonly connections: {
    readonly max: number;
    readonly maxBodiesBytes: number;
    readonly headersTimeoutMs: number;
    readonly requestTimeoutMs: number;
    readonly stallTimeoutMs: number;
    readonly keepAliveTimeoutMs: number;
  };
  readonly rate: {
    readonly limit: number;
    readonly burst: number | undefined;
    readonly trustProxy: TrustProxy | undefined;
  };
  readonly web: { readonly corsOrigins: CorsOrigins | undefined };
}

/** Looked for this often, or a tenth of the shortest time when that is sooner: that much late a time may fire. */
const MAX_CHECK_INTERVAL_MS = 1000;
const CHECKS_A_TIMEOUT = 10;

/** How the HTTP adapter is set up, but for what the service itself knows. */
export function httpOptions(
  settings: HttpSettings,
  drainMs: number,
): Pick<HttpAdapterOptions, 'maxConnections' | 'maxBodiesBytes' | 'corsOrigins'> & {
  readonly timeouts: Partial<HttpTimeouts>;
} {
  const { max, maxBodiesBytes, headersTimeoutMs, requestTimeoutMs, stallTimeoutMs, keepAliveTimeoutMs } =
    settings.connections;
  // A request's headers are a part of it.
  const shortest = Math.min(headersTimeoutMs, requestTimeoutMs);
  return {
    maxConnections: max,
    maxBodiesBytes,
    corsOrigins: settings.web.corsOrigins,
    timeouts: {
      headersMs: shortest,
      requestMs: requestTimeoutMs,
      stallMs: stallTimeoutMs,
      keepAliveMs: keepAliveTimeoutMs,
      checkIntervalMs: Math.max(1, Math.min(MAX_CHECK_INTERVAL_MS, Math.floor(shortest / CHECKS_A_TIMEOUT))),
      drainMs,
    },
  };
}

/** Who counts requests; undefined: nobody, there is no limit. One for all ways into a service. */
export function rateLimiter({ rate: { limit, burst, trustProxy } }: HttpSettings): RateLimiter | undefined {
  if (limit === 0) return undefined;
  return new RateLimiter({ ratePerSecond: limit, burst: burst ?? limit, trustProxy });
}
