import { KvError, StoreUnavailableError } from '@kvasir/kv-core';
import pg from 'pg';
import { backOff } from './backoff.js';
import type { ConnectionTarget } from './connection-url.js';
import { ConnectError, failureKind, READ_ONLY, reasonOf, sqlState, storeErrorOf } from './database-failure.js';
import type { PoolUse, PostgresLog } from './options.js';
import { PendingCall } from './pending-call.js';

const INT8_OID = 20;

/** A connection may have died unnoticed, and so may the next ones of the pool. */
const MOST_LOST_CONNECTIONS = 3;

/** How long one statement may take, and the time between two, on a connection of its own: a snapshot or a load. */
const LONG_WORK_MS = 3_600_000;

/** A connection that is silent for so long is asked whether its other end is still there. */
const KEEP_ALIVE_MS = 10_000;

/** The client waits this much longer than the server before it cuts the connection: the server's own answer says more. */
const GRACE_MS = 1000;

// Revisions, times and counts stay below 2^53 (kv-core), so a number holds them.
const TYPES: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text'): unknown =>
    oid === INT8_OID ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

/** What a {@link Database} is set up with. */
export interface DatabaseOptions {
  readonly target: ConnectionTarget;
  /** The most connections, 2 or more. */
  readonly poolSize: number;
  /** Milliseconds that one call may take. */
  readonly timeoutMs: number;
  /** How many calls may wait for a connection at once. */
  readonly maxWaiting: number;
  readonly log: PostgresLog;
}

/**
 * The connections to one database: one for flushes, which come one after another anyway and whose statements travel together, and the rest for everything else. Neither has to wait for the other.
 */
export class Database {
  /** What all connections have in common. */
  private readonly config: pg.ClientConfig;
  private readonly writer: pg.Pool;
  private readonly others: pg.Pool;
  private readonly asked = new Set<Promise<unknown>>();
  private closing = false;

  constructor(private readonly options: DatabaseOptions) {
    const { target, poolSize, timeoutMs } = options;
    this.config = {
      ...target.config,
      application_name: target.config.application_name ?? 'kvasir',
      types: TYPES,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    };
    const config: pg.PoolConfig = {
      ...this.config,
      connectionTimeoutMillis: timeoutMs,
      // The server's own limits also end what a process left behind that died or lost its network.
      statement_timeout: timeoutMs,
      idle_in_transaction_session_timeout: timeoutMs,
      query_timeout: timeoutMs + GRACE_MS,
    };
    this.writer = this.openPool({ ...config, max: 1, pipeline: true });
    this.others = this.openPool({ ...config, max: poolSize - 1 });
  }

  get timeoutMs(): number {
    return this.options.timeoutMs;
  }

  /** A query of a connection of its own that is over soon unless the server is gone: it is waited for no longer than one of the pools. */
  short<Query extends object>(query: Query): Query & { readonly query_timeout: number } {
    return { ...query, query_timeout: this.timeoutMs + GRACE_MS };
  }

  /** How the connections are used. */
  get pools(): readonly PoolUse[] {
    return [useOf('writes', this.writer), useOf('reads', this.others)];
  }

  /** How many calls may wait at once. */
  get maxWaiting(): number {
    return this.options.maxWaiting;
  }

  /** Does work on the flushes' connection, on which queries are sent without waiting for the ones before them. Rejects with what pg says. */
  async write<Result>(work: (client: pg.ClientBase) => Promise<Result>): Promise<Result> {
    return await useClient(this.writer, work);
  }

  /** Does work on any other connection. Rejects with what pg says. */
  async read<Result>(work: (client: pg.ClientBase) => Promise<Result>): Promise<Result> {
    if (this.others.waitingCount >= this.options.maxWaiting)
      throw new StoreUnavailableError(tooManyWait(this.options.maxWaiting));
    return await useClient(this.others, work);
  }

  /**
   * {@link read} for work that may be done again: retried after conflicts and lost connections, and ended after the call's time.
   *
   * @throws KvError
   */
  ask<Result>(work: (client: pg.ClientBase) => Promise<Result>): Promise<Result> {
    const call = new PendingCall<Result>(this.timeoutMs, () => new StoreUnavailableError(tooSlow(this.timeoutMs)));
    const answered = this.answer(call, work).finally(() => this.asked.delete(answered));
    this.asked.add(answered);
    return call.promise;
  }

  /**
   * A connection beside the pools for work that takes long, so that no short work has to wait for it. Whoever asked for it ends it.
   *
   * @throws ConnectError
   */
  async connectApart(): Promise<pg.Client> {
    const { timeoutMs } = this.options;
    const client = new pg.Client({
      ...this.config,
      connectionTimeoutMillis: timeoutMs,
      statement_timeout: LONG_WORK_MS,
      idle_in_transaction_session_timeout: LONG_WORK_MS,
      query_timeout: LONG_WORK_MS + GRACE_MS,
    });
    // The query under way, or the next one, hears of it.
    client.on('error', ignore);
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(ignore);
      throw new ConnectError(error);
    }
  }

  /** Waits for the work under way and ends all connections. */
  async close(): Promise<void> {
    // A pool that ends serves nobody who waits for a connection.
    while (this.asked.size > 0) await Promise.all(this.asked);
    this.closing = true;
    await Promise.all([this.writer.end(), this.others.end()]);
  }

  private async answer<Result>(
    call: PendingCall<Result>,
    work: (client: pg.ClientBase) => Promise<Result>,
  ): Promise<void> {
    try {
      const result = await retrying(
        () => this.read(work),
        () => call.settled,
      );
      call.resolve(result);
    } catch (error) {
      call.reject(storeErrorOf(error));
    }
  }

  private openPool(config: pg.PoolConfig): pg.Pool {
    const pool = new pg.Pool(config);
    // An idle connection that ends is no failure of anybody's call: the pool has dropped it, and the next call makes a new one.
    pool.on('error', (error) => {
      if (!this.closing) this.options.log('warn', `a connection to the database ended: ${reasonOf(error)}`);
    });
    return pool;
  }
}

function useOf(name: PoolUse['pool'], pool: pg.Pool): PoolUse {
  const { options, totalCount, idleCount, waitingCount } = pool;
  return { pool: name, max: options.max, open: totalCount, idle: idleCount, waiting: waitingCount };
}

/** Repeats work after conflicts, and a few times after lost connections, until it succeeds or nobody waits for it any more. */
export async function retrying<Result>(work: () => Promise<Result>, inVain: () => boolean): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (inVain() || !isWorthRetrying(error, attempt)) throw error;
      await backOff(attempt);
    }
  }
}

/** Whether the same again may work at once. Only for work that surely left nothing behind. `attempt` counts from 1. */
export function isWorthRetrying(error: unknown, attempt: number): boolean {
  if (error instanceof KvError) return false;
  const kind = failureKind(error);
  return kind === 'conflict' || (kind === 'lost' && attempt < MOST_LOST_CONNECTIONS);
}

export function tooManyWait(maxWaiting: number): string {
  return `${maxWaiting} calls wait for the database already; nothing was changed`;
}

export function tooSlow(timeoutMs: number): string {
  return `the database did not answer within ${timeoutMs} ms; nothing was changed`;
}

/** The query under way hears of a lost connection; without a listener the event would end the process. */
function ignore(): void {}

async function useClient<Result>(pool: pg.Pool, work: (client: pg.ClientBase) => Promise<Result>): Promise<Result> {
  const client = await pool.connect().catch((error: unknown) => {
    throw new ConnectError(error);
  });
  client.on('error', ignore);
  let standby = false;
  try {
    return await work(client);
  } catch (error) {
    // A server that became a standby must not keep its connections: the address may lead to the new primary by now.
    standby = sqlState(error) === READ_ONLY;
    throw error;
  } finally {
    client.off('error', ignore);
    // A connection that did not come to rest between two transactions is not used again.
    client.release(standby || client.getTransactionStatus() !== 'I');
  }
}
