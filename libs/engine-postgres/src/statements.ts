import { escapeIdentifier } from 'pg';

/** A statement's text. With a name, a connection prepares it once and then knows it. */
export interface Statement {
  readonly name?: string;
  readonly text: string;
  readonly rowMode: 'array';
}

/** The columns of an entry, in the order of {@link EntryRow}. */
const ENTRY = 'e.key, e.value, e.revision, e.created_at, e.updated_at, e.expires_at';

/** A page of a snapshot holds no more entries, and ends with the one that has its values reach so many bytes. */
const PAGE_ENTRIES = 1000;
const PAGE_BYTES = 1024 * 1024;

/** The table that a load is collected in. */
const STAGE = 'pg_temp.kvasir_load';

/**
 * Every statement that the engine runs, on the tables of one schema. What each needs of a database beyond the SQL standard: docs/engines.md.
 *
 * Statements for one key have a plan that is kept; those for an array are planned anew each time, which is worth it for many keys only.
 *
 * The time of a statement is never before that of the last write, also when the database's clock was set back.
 */
export class Statements {
  /** `[keys]` → {@link SnapshotRow}s, at least one: state and entries as of one moment. */
  readonly snapshot: Statement;
  /** `[keys]` → {@link EntryRow}s of those that have not expired. */
  readonly living: Statement;
  /** The same for one: `[key]`. */
  readonly livingOfOne: Statement;
  /** → one {@link StateRow}. Locks the state until the transaction ends, and with it every other flush. */
  readonly lockState: Statement;
  /**
   * `[keys, keys whose value is needed]` → {@link HeldRow}s. Locks what is there in the order of the keys; only a sweep may hold one of them. Values travel only where an operation looks into them.
   */
  readonly lockEntries: Statement;
  /** The same for one: `[key, whether its value is needed]`. */
  readonly lockEntry: Statement;
  /** `[keys, values, revisions, created, updated, expiries]`, each an array but `updated`. */
  readonly upsert: Statement;
  /** The same for one, none of them an array. */
  readonly upsertOne: Statement;
  /** `[keys]` */
  readonly remove: Statement;
  /** `[key, value, TTL or null]` → one {@link PutRow}. Needs the function of that name; everything of a flush for one unconditional set. */
  readonly put: Statement;
  /** `[revision, time, more keys, more bytes]` */
  readonly moveState: Statement;
  /** → one row: keys, bytes of values, revision. */
  readonly stats: Statement;
  /** → one row, or none while another process sweeps. */
  readonly takeSweepTurn: Statement;
  /** `[limit]` → keys of expired entries, now locked. Leaves out those that a flush is at. */
  readonly lockExpired: Statement;
  /** `[keys]` → how many bytes each value had. */
  readonly sweepAway: Statement;
  /** `[keys, bytes]` that were swept. */
  readonly countSwept: Statement;
  /** → one {@link MomentRow}. */
  readonly moment: Statement;
  /** `[time, key]` → {@link EntryRow}s behind the key, of those that have not expired at the time, in byte order: some, not more bytes than a page may have but for the last of them. */
  readonly snapshotPage: Statement;
  /** Makes the table, of this session alone, that a load is collected in. */
  readonly createStage: Statement;
  /** `[keys, values, revisions, created, updated, expiries]`, each an array. */
  readonly stage: Statement;
  /** Lets the planner know how much was collected. */
  readonly analyzeStage: Statement;
  /** → one row: how many entries there were, and the bytes of their values. */
  readonly removeAll: Statement;
  /** The same of the entries that share their key with a collected one, now locked. */
  readonly lockStaged: Statement;
  /** Puts in what was collected. → one row: how many entries, and the bytes of their values. */
  readonly insertStaged: Statement;
  /** `[revision]`: the same, over what is there, with revisions from the one behind that on. */
  readonly mergeStaged: Statement;

  private readonly entries: string;
  private readonly now: string;

  constructor(schema: string) {
    const prefix = `${escapeIdentifier(schema)}.`;
    const state = `${prefix}state`;
    const sweep = `${prefix}sweep`;
    const time = `greatest(${prefix}kvasir_now(), last_time)`;
    const entries = `${prefix}entries`;
    this.entries = entries;
    this.now = `(SELECT ${time} FROM ${state} WHERE id = 1)`;

    const isLiving = `(e.expires_at IS NULL OR e.expires_at > ${this.now})`;
    this.living = statement(
      'living',
      `SELECT ${ENTRY} FROM ${entries} e WHERE e.key = ANY($1::text[]) AND ${isLiving}`,
    );
    this.livingOfOne = statement('living-of-one', `SELECT ${ENTRY} FROM ${entries} e WHERE e.key = $1 AND ${isLiving}`);
    this.snapshot = statement(
      'snapshot',
      `SELECT s.revision, s.now, ${ENTRY}
       FROM (SELECT revision, ${time} AS now FROM ${state} WHERE id = 1) s
       LEFT JOIN ${entries} e ON e.key = ANY($1::text[])`,
    );
    this.lockState = statement('lock-state', `SELECT revision, ${time} AS now FROM ${state} WHERE id = 1 FOR UPDATE`);
    this.lockEntries = statement(
      'lock-entries',
      `SELECT ${heldColumns('e.key = ANY($2::text[])')} FROM ${entries} e WHERE e.key = ANY($1::text[]) ORDER BY e.key FOR UPDATE`,
    );
    this.lockEntry = statement(
      'lock-entry',
      `SELECT ${heldColumns('$2::boolean')} FROM ${entries} e WHERE e.key = $1 FOR UPDATE`,
    );
    const upsert = (rows: string): string =>
      `INSERT INTO ${entries} (key, value, revision, created_at, updated_at, expires_at) ${rows}
       ON CONFLICT (key) DO UPDATE SET value = excluded.value, revision = excluded.revision,
         created_at = excluded.created_at, updated_at = excluded.updated_at, expires_at = excluded.expires_at`;
    this.upsert = statement(
      'upsert',
      upsert(`SELECT k, v, r, c, $5::bigint, x
       FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $6::bigint[]) AS t (k, v, r, c, x)`),
    );
    this.upsertOne = statement('upsert-one', upsert('VALUES ($1, $2, $3, $4, $5, $6)'));
    this.remove = statement('remove', `DELETE FROM ${entries} WHERE key = ANY($1::text[])`);
    this.put = statement('put', `SELECT new_revision, was_absent FROM ${prefix}kvasir_put($1, $2, $3)`);
    this.moveState = statement(
      'move-state',
      `UPDATE ${state} SET revision = $1, last_time = $2, keys = keys + $3, bytes = bytes + $4 WHERE id = 1`,
    );
    this.stats = statement(
      'stats',
      `SELECT s.keys - w.keys - d.keys, s.bytes - w.bytes - d.bytes, s.revision
       FROM (SELECT keys, bytes, revision, ${time} AS now FROM ${state} WHERE id = 1) s
       CROSS JOIN (SELECT keys, bytes FROM ${sweep} WHERE id = 1) w
       CROSS JOIN LATERAL (SELECT count(*) AS keys, coalesce(sum(octet_length(value)), 0) AS bytes
                           FROM ${entries} WHERE expires_at <= s.now) d`,
    );
    this.takeSweepTurn = statement('take-sweep-turn', `SELECT id FROM ${sweep} WHERE id = 1 FOR UPDATE SKIP LOCKED`);
    this.lockExpired = statement(
      'lock-expired',
      `SELECT key FROM ${entries} WHERE expires_at <= ${this.now} ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED`,
    );
    this.sweepAway = statement(
      'sweep-away',
      `DELETE FROM ${entries} WHERE key = ANY($1::text[]) RETURNING octet_length(value)`,
    );
    this.moment = statement(
      'moment',
      `SELECT s.revision, s.now, s.keys - w.keys - d.keys
       FROM (SELECT keys, revision, ${time} AS now FROM ${state} WHERE id = 1) s
       CROSS JOIN (SELECT keys FROM ${sweep} WHERE id = 1) w
       CROSS JOIN LATERAL (SELECT count(*) AS keys FROM ${entries} WHERE expires_at <= s.now) d`,
    );
    // Without a name, and with its limit in the text: a plan for any bounds might sort the whole table for a page.
    this.snapshotPage = {
      text: `SELECT ${ENTRY} FROM (
         SELECT p.*, sum(octet_length(p.value)) OVER (ORDER BY p.key ROWS UNBOUNDED PRECEDING) AS bytes FROM (
           SELECT * FROM ${entries} WHERE (expires_at IS NULL OR expires_at > $1) AND key > $2 ORDER BY key LIMIT ${PAGE_ENTRIES}
         ) p
       ) e WHERE e.bytes - octet_length(e.value) < ${PAGE_BYTES} ORDER BY e.key`,
      rowMode: 'array',
    };
    const columns = 'key, value, revision, created_at, updated_at, expires_at';
    this.createStage = statement(
      'create-stage',
      `CREATE TEMPORARY TABLE ${STAGE} (
         key text COLLATE "C" NOT NULL, value text NOT NULL, revision bigint NOT NULL,
         created_at bigint NOT NULL, updated_at bigint NOT NULL, expires_at bigint
       ) ON COMMIT PRESERVE ROWS`,
    );
    this.stage = statement(
      'stage',
      `INSERT INTO ${STAGE} (${columns})
       SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])`,
    );
    this.analyzeStage = statement('analyze-stage', `ANALYZE ${STAGE}`);
    this.removeAll = statement('remove-all', counted(`DELETE FROM ${entries}`));
    this.lockStaged = statement(
      'lock-staged',
      `SELECT count(*), coalesce(sum(octet_length(value)), 0)
       FROM (SELECT e.value FROM ${entries} e JOIN ${STAGE} s ON s.key = e.key ORDER BY e.key FOR UPDATE OF e) held`,
    );
    this.insertStaged = statement(
      'insert-staged',
      counted(`INSERT INTO ${entries} (${columns}) SELECT ${columns} FROM ${STAGE} ORDER BY key`),
    );
    this.mergeStaged = statement(
      'merge-staged',
      counted(
        upsert(
          `SELECT key, value, $1::bigint + row_number() OVER (ORDER BY key), created_at, updated_at, expires_at FROM ${STAGE}`,
        ),
      ),
    );
    this.countSwept = statement('count-swept', `UPDATE ${sweep} SET keys = keys + $1, bytes = bytes + $2 WHERE id = 1`);
  }

  /**
   * A page of a listing as one statement, so that it is of one moment. Parameters: the bounds in the order of `conditions`, then the limit.
   *
   * @param conditions comparisons of the key, such as `>=`
   */
  list(conditions: readonly string[], reverse: boolean, keysAlone: boolean): Statement {
    const bounds = conditions.map((operator, index) => ` AND e.key ${operator} $${index + 1}`).join('');
    const direction = reverse ? 'DESC' : 'ASC';
    // Without a name: its plan has to fit these bounds, since one for any bounds might sort the whole table for a page.
    return {
      text: `SELECT ${keysAlone ? 'e.key' : ENTRY} FROM ${this.entries} e
       WHERE (e.expires_at IS NULL OR e.expires_at > ${this.now})${bounds}
       ORDER BY e.key ${direction} LIMIT $${conditions.length + 1}`,
      rowMode: 'array',
    };
  }
}

/** The columns of a {@link HeldRow}; the value where `condition` holds. */
function heldColumns(condition: string): string {
  return `e.key, CASE WHEN ${condition} THEN e.value END, e.revision, e.created_at, e.updated_at, e.expires_at, octet_length(e.value)`;
}

/** A change of rows as a statement that tells how many they are, and the bytes of their values. */
function counted(change: string): string {
  return `WITH changed AS (${change} RETURNING octet_length(value) AS bytes) SELECT count(*), coalesce(sum(bytes), 0) FROM changed`;
}

function statement(name: string, text: string): Statement {
  return { name, text, rowMode: 'array' };
}
