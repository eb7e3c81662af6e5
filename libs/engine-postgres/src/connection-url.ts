import { StoreUnavailableError } from '@kvasir/kv-core';
import { parseIntoClientConfig } from 'pg-connection-string';
import type { ClientConfig } from 'pg';

const SSL_MODES = ['disable', 'require', 'verify-ca', 'verify-full'];

/** How to reach the database, and what may be said of it in a log. */
export interface ConnectionTarget {
  readonly config: ClientConfig;
  /** Host, port and database, without user and password. */
  readonly description: string;
}

/**
 * Reads a connection URL. `sslmode` gets libpq's meanings; pg's own differ (there `require` is `verify-full`) and are about to change.
 *
 * @throws StoreUnavailableError saying what does not fit; never with the URL, which holds a password
 */
export function readConnectionUrl(url: string): ConnectionTarget {
  if (!URL.canParse(url) || !/^postgres(ql)?:$/.test(new URL(url).protocol)) {
    throw new StoreUnavailableError('the database URL is not of the form postgres://user:password@host:port/database');
  }
  const parsed = new URL(url);
  const mode = parsed.searchParams.get('sslmode');
  if (mode !== null && !SSL_MODES.includes(mode)) {
    throw new StoreUnavailableError(
      `the database URL's sslmode is ${JSON.stringify(mode)}; it is one of ${SSL_MODES.join(', ')}`,
    );
  }
  parsed.searchParams.delete('uselibpqcompat');
  if (mode !== null) parsed.searchParams.set('uselibpqcompat', 'true');
  return { config: clientConfigOf(parsed), description: descriptionOf(parsed) };
}

function clientConfigOf(url: URL): ClientConfig {
  try {
    return parseIntoClientConfig(url.href);
  } catch (error) {
    // The messages name a file that is not there, or what sslmode still needs.
    throw new StoreUnavailableError(
      `the database URL cannot be used: ${error instanceof Error ? error.message : 'unknown'}`,
    );
  }
}

function descriptionOf(url: URL): string {
  const host = url.searchParams.get('host') ?? (url.hostname === '' ? 'localhost' : decodeURIComponent(url.hostname));
  const port = url.searchParams.get('port') ?? (url.port === '' ? '5432' : url.port);
  return `${host}:${port}${url.pathname}`;
}
