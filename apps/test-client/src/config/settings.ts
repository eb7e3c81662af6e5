import { baseUrl } from '@kvasir/client';
import {
  MAX_TIMER_MS,
  packageVersion,
  port,
  wholeNumber,
  type Program,
  type Section,
  type ValueParser,
} from '@kvasir/config';
import { httpHost, log, shutdown, tracing } from '@kvasir/service';

/** A service's address, without a slash at its end. */
const serviceUrl: ValueParser<string> = {
  allowed: 'an http:// or https:// URL without user name, password, query and fragment',
  parse: (text) => {
    try {
      const { origin, path } = baseUrl(text.trim());
      return origin + path;
    } catch {
      return undefined;
    }
  },
};

const apiKey: ValueParser<string> = {
  allowed: 'visible ASCII characters without spaces',
  parse: (text) => (/^[\x21-\x7e]+$/.test(text) ? text : undefined),
};

const http = {
  title: 'HTTP',
  settings: {
    /** The port to listen on; 0 is any free port. */
    port: {
      variable: 'PORT',
      flag: 'port',
      description: 'The HTTP port.',
      value: port,
      default: '8001',
    },
    /** Address to listen on: an IP address or a host name. */
    host: httpHost,
  },
} satisfies Section;

/** What the workflows run against, with the address that is meant when none is given. */
function target(defaultUrl: string) {
  return {
    title: 'The service under test',
    settings: {
      /** The service's address, without a slash at its end. */
      url: {
        variable: 'KV_SERVICE_URL',
        flag: 'kv-service-url',
        description: 'The address of kv-service, the only one that the workflows talk to.',
        value: serviceUrl,
        default: defaultUrl,
      },
      /** Milliseconds that one request may take, its whole answer included; 1 to 2^31 - 1. */
      timeoutMs: {
        variable: 'KV_SERVICE_TIMEOUT_MS',
        description: 'Milliseconds after which a request that has no whole answer counts as a failed connection.',
        value: wholeNumber(1, MAX_TIMER_MS),
        default: '10000',
      },
      /** Sent as `x-api-key` with every request. */
      apiKey: {
        variable: 'KV_API_KEY',
        description:
          'An API key of kv-service that may read, write and delete every key; needed where the service has API keys.',
        value: apiKey,
        secret: true,
      },
    },
  } satisfies Section;
}

const version = () => packageVersion(import.meta.url);

/**
 * Everything that can be set about test-client. A new setting is one more declaration here; `npm run build` and
 * `node tools/configuration-doc.mjs` then bring docs/configuration.md up to date.
 */
export const PROGRAM = {
  name: 'test-client',
  summary: 'Checks what a running kv-service promises, by workflows over its HTTP API.',
  version,
  sections: { http, target: target('http://kv-service:8000'), log, tracing, shutdown },
} satisfies Program;

/** What can be set about `make validate`, which runs every workflow once, without a server. */
export const VALIDATE_PROGRAM = {
  name: 'validate',
  summary: 'Runs every workflow once against a running kv-service; the exit status is 1 when one fails.',
  version,
  sections: { target: target('http://localhost:8000') },
} satisfies Program;
