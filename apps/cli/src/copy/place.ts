import { CommandError } from '../command-error.js';

/** Where entries are: a data directory, a database, or a running service. */
export type Place =
  | { readonly kind: 'wal'; readonly directory: string }
  | { readonly kind: 'postgres'; readonly url: string }
  | { readonly kind: 'service'; readonly url: string };

/** How a place is written; for help texts. */
export const STORE_FORMS = 'wal:DIR, postgres://user:password@host:port/database, or postgres: for DATABASE_URL';
export const PLACE_FORMS = `the URL of a running service, ${STORE_FORMS}`;

/**
 * Reads a place.
 *
 * @param option the option's name, for the error
 * @param databaseUrl what `postgres:` stands for
 * @throws CommandError for anything else, without the text, which may hold a password
 */
export function readPlace(option: string, text: string, databaseUrl: string | undefined): Place {
  if (text.startsWith('wal:') && text.length > 4) return { kind: 'wal', directory: text.slice(4) };
  if (text === 'postgres:') {
    if (databaseUrl === undefined || databaseUrl === '')
      throw new CommandError(`${option} is postgres:, which stands for DATABASE_URL, and that is not set`);
    return { kind: 'postgres', url: databaseUrl };
  }
  if (/^postgres:postgres(ql)?:\/\//.test(text)) return { kind: 'postgres', url: text.slice('postgres:'.length) };
  if (/^postgres(ql)?:\/\//.test(text)) return { kind: 'postgres', url: text };
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return { kind: 'service', url: text };
  throw new CommandError(`${option} is none of these: ${PLACE_FORMS}`);
}

/**
 * The same for commands that work on stores themselves.
 *
 * @throws CommandError for a service, too
 */
export function readStorePlace(
  option: string,
  text: string,
  databaseUrl: string | undefined,
): Exclude<Place, { kind: 'service' }> {
  const place = readPlace(option, text, databaseUrl);
  if (place.kind === 'service') {
    throw new CommandError(`${option} is a service; this command works on a store itself: ${STORE_FORMS}`);
  }
  return place;
}
