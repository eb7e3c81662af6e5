import { sql, type Kysely, type Migration } from 'kysely';
import { escapeIdentifier } from 'pg';

/**
 * The history of the tables, oldest first. What has been released never changes; a new version of the tables is one more entry, and its name comes after all others in the
 * alphabet.
 */
export function migrations(schema: string): Record<string, Migration> {
  return {
    '0001-entries': { up: (db) => createEntries(db, schema) },
    '0002-put-function': { up: (db) => createPutFunction(db, schema) },
  };
}

async function createEntries(db: Kysely<unknown>, schema: string): Promise<void> {
  const name = sql.id(schema);
  // "C" orders by the bytes of UTF-8. Keys are at most 1,024 bytes, values any size, as text: jsonb would change numbers and order.
  await sql`
    CREATE TABLE ${name}.entries (
      key text COLLATE "C" PRIMARY KEY,
      value text NOT NULL,
      revision bigint NOT NULL,
      created_at bigint NOT NULL,
      updated_at bigint NOT NULL,
      expires_at bigint
    )`.execute(db);
  await sql`CREATE INDEX entries_expires_at ON ${name}.entries (expires_at) WHERE expires_at IS NOT NULL`.execute(db);
  // One row, locked by each flush. keys and bytes: what flushes have put in, expired entries included.
  await sql`
    CREATE TABLE ${name}.state (
      id integer PRIMARY KEY,
      revision bigint NOT NULL,
      last_time bigint NOT NULL,
      keys bigint NOT NULL,
      bytes bigint NOT NULL
    )`.execute(db);
  await sql`INSERT INTO ${name}.state VALUES (1, 0, 0, 0, 0)`.execute(db);
  // One row, locked by whoever sweeps. keys and bytes: what sweeps have taken out; apart from the state, so that no flush waits for a sweep.
  await sql`
    CREATE TABLE ${name}.sweep (
      id integer PRIMARY KEY,
      keys bigint NOT NULL,
      bytes bigint NOT NULL
    )`.execute(db);
  await sql`INSERT INTO ${name}.sweep VALUES (1, 0, 0)`.execute(db);
  // Unix milliseconds. Tests put a clock of their own in its place.
  await sql`
    CREATE FUNCTION ${name}.kvasir_now() RETURNS bigint LANGUAGE sql VOLATILE
    AS 'SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint'`.execute(db);
}

/**
 * One unconditional set in one round trip, for when nothing waits with it: a flush takes two. It does what the interpreter and a flush do, in the same order of locks. Where
 * there is no PL/pgSQL every set goes through a flush.
 */
async function createPutFunction(db: Kysely<unknown>, schema: string): Promise<void> {
  const { rows } = await sql`SELECT 1 FROM pg_language WHERE lanname = 'plpgsql'`.execute(db);
  if (rows.length === 0) return;
  const prefix = `${escapeIdentifier(schema)}.`;
  const body = `
    DECLARE
      time bigint;
      old_created bigint;
      old_bytes bigint;
      old_lives boolean;
    BEGIN
      SELECT s.revision + 1, greatest(${prefix}kvasir_now(), s.last_time) INTO new_revision, time
        FROM ${prefix}state s WHERE s.id = 1 FOR UPDATE;
      SELECT e.created_at, octet_length(e.value), e.expires_at IS NULL OR e.expires_at > time
        INTO old_created, old_bytes, old_lives
        FROM ${prefix}entries e WHERE e.key = new_key FOR UPDATE;
      was_absent := old_lives IS NOT TRUE;
      IF old_bytes IS NULL THEN
        INSERT INTO ${prefix}entries (key, value, revision, created_at, updated_at, expires_at)
          VALUES (new_key, new_value, new_revision, time, time, time + ttl_ms);
      ELSE
        UPDATE ${prefix}entries SET value = new_value, revision = new_revision, updated_at = time,
          created_at = CASE WHEN old_lives THEN old_created ELSE time END, expires_at = time + ttl_ms WHERE key = new_key;
      END IF;
      UPDATE ${prefix}state SET revision = new_revision, last_time = time,
        keys = keys + CASE WHEN old_bytes IS NULL THEN 1 ELSE 0 END,
        bytes = bytes + octet_length(new_value) - coalesce(old_bytes, 0) WHERE id = 1;
    END`;
  await sql`
    CREATE FUNCTION ${sql.id(schema)}.kvasir_put(
      new_key text, new_value text, ttl_ms bigint, OUT new_revision bigint, OUT was_absent boolean
    ) LANGUAGE plpgsql VOLATILE AS ${sql.lit(body)}`.execute(db);
}
