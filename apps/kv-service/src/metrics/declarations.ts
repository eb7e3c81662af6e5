import { status as GrpcStatus } from '@grpc/grpc-js';
import {
  callSamples,
  callTimes,
  requestSamples,
  requestTimes,
  single,
  type MetricDeclaration,
  type Sample,
} from '@kvasir/metrics';
import type { Moment } from './moment.js';

const MS_PER_SECOND = 1000;

function* failures({ counts }: Moment): Iterable<Sample> {
  for (const [code, value] of counts.store.failures) yield { labels: { code }, value };
}

function compactions({ figures }: Moment): Sample[] {
  const compaction = figures?.log?.compaction;
  if (compaction === undefined) return [];
  return [
    { labels: { outcome: 'completed' }, value: compaction.completed },
    { labels: { outcome: 'failed' }, value: compaction.failed },
  ];
}

function* connections({ figures }: Moment): Iterable<Sample> {
  for (const { pool, open, idle } of figures?.pools ?? []) {
    yield { labels: { pool, state: 'idle' }, value: idle };
    yield { labels: { pool, state: 'used' }, value: open - idle };
  }
}

/** Every metric of kv-service's own. Those of the process and of Node.js come with prom-client. */
export const METRICS: readonly MetricDeclaration<Moment>[] = [
  {
    name: 'kvasir_build_info',
    type: 'gauge',
    help: 'Always 1; the labels say which version runs, on which engine.',
    labels: ['version', 'engine'],
    read: ({ version, engine }) => [{ labels: { version, engine }, value: 1 }],
  },
  {
    name: 'kvasir_ready',
    type: 'gauge',
    help: '1 when /health/ready is a 200, else 0.',
    labels: [],
    read: ({ ready }) => single(ready ? 1 : 0),
  },
  {
    name: 'kvasir_http_requests_total',
    type: 'counter',
    help: 'HTTP requests that were answered; 499 stands for a client that went away before.',
    labels: ['api', 'route', 'method', 'status'],
    read: ({ counts }) => requestSamples(counts.http),
  },
  {
    name: 'kvasir_http_request_duration_seconds',
    type: 'histogram',
    help: 'Time from the end of the headers until the answer was handed to the socket.',
    labels: ['api', 'route', 'method'],
    read: ({ counts }) => requestTimes(counts.http),
  },
  {
    name: 'kvasir_grpc_requests_total',
    type: 'counter',
    help: 'gRPC calls of keyvalue.KeyValueService that were answered.',
    labels: ['method', 'status'],
    read: ({ counts }) => callSamples(counts.rpc, (code) => GrpcStatus[code] ?? String(code)),
  },
  {
    name: 'kvasir_grpc_request_duration_seconds',
    type: 'histogram',
    help: 'Time from the message until the answer was handed to gRPC.',
    labels: ['method'],
    read: ({ counts }) => callTimes(counts.rpc),
  },
  {
    name: 'kvasir_rate_limited_requests_total',
    type: 'counter',
    help: 'Requests over HTTP and gRPC that RATE_LIMIT refused; absent without it.',
    labels: [],
    read: ({ rateLimited }) => single(rateLimited),
  },
  {
    name: 'kvasir_store_keys',
    type: 'gauge',
    help: 'Keys that a reader can see.',
    labels: [],
    read: ({ stats }) => single(stats?.keys),
  },
  {
    name: 'kvasir_store_value_bytes',
    type: 'gauge',
    help: 'UTF-8 bytes of the JSON texts of all values.',
    labels: [],
    read: ({ stats }) => single(stats?.sizeBytes),
  },
  {
    name: 'kvasir_store_revision',
    type: 'gauge',
    help: 'The revision of the last write: its rate is that of writes.',
    labels: [],
    read: ({ stats }) => single(stats?.revision),
  },
  {
    name: 'kvasir_store_memory_bytes',
    type: 'gauge',
    help: 'What the entries take in memory, by the count that MAX_MEMORY_BYTES bounds; not for STORE=postgres.',
    labels: [],
    read: ({ figures }) => single(figures?.memoryBytes),
  },
  {
    name: 'kvasir_store_memory_limit_bytes',
    type: 'gauge',
    help: 'MAX_MEMORY_BYTES; not for STORE=postgres.',
    labels: [],
    read: ({ figures, maxMemoryBytes }) => single(figures?.memoryBytes === undefined ? undefined : maxMemoryBytes),
  },
  {
    name: 'kvasir_store_failures_total',
    type: 'counter',
    help: 'Writes, sweeps and imports that ended with an error, by its code (docs/errors.md).',
    labels: ['code'],
    read: failures,
  },
  {
    name: 'kvasir_purged_entries_total',
    type: 'counter',
    help: 'Expired entries that this process has swept.',
    labels: [],
    read: ({ counts }) => single(counts.store.purgedEntries),
  },
  {
    name: 'kvasir_log_bytes',
    type: 'gauge',
    help: 'Bytes of wal.log; this and what follows of the log is for STORE=wal.',
    labels: [],
    read: ({ figures }) => single(figures?.log?.bytes),
  },
  {
    name: 'kvasir_log_live_bytes',
    type: 'gauge',
    help: 'About how many of them a compacted log would have.',
    labels: [],
    read: ({ figures }) => single(figures?.log?.liveBytes),
  },
  {
    name: 'kvasir_log_sync_duration_seconds',
    type: 'histogram',
    help: 'Time that a sync of the log to disk took, with FSYNC=always the write before it too; none with FSYNC=never.',
    labels: [],
    read: ({ counts, figures }) =>
      figures?.log === undefined ? [] : [{ labels: {}, counts: counts.log.syncs, divisor: MS_PER_SECOND }],
  },
  {
    name: 'kvasir_log_group_transactions',
    type: 'histogram',
    help: 'Transactions that went to the log in one write, and shared its sync.',
    labels: [],
    read: ({ counts, figures }) =>
      figures?.log === undefined ? [] : [{ labels: {}, counts: counts.log.groups, divisor: 1 }],
  },
  {
    name: 'kvasir_compaction_running',
    type: 'gauge',
    help: '1 while the log is being compacted, else 0.',
    labels: [],
    read: ({ figures }) => single(figures?.log === undefined ? undefined : Number(figures.log.compaction.running)),
  },
  {
    name: 'kvasir_compactions_total',
    type: 'counter',
    help: 'Compactions that put a new log in place (completed), or did not (failed).',
    labels: ['outcome'],
    read: compactions,
  },
  {
    name: 'kvasir_compaction_seconds_total',
    type: 'counter',
    help: 'Time that completed compactions took.',
    labels: [],
    read: ({ counts, figures }) =>
      single(figures?.log === undefined ? undefined : counts.log.compactionMs / MS_PER_SECOND),
  },
  {
    name: 'kvasir_database_connections',
    type: 'gauge',
    help: 'Open connections to the database, for writes or for everything else; this and what follows is for STORE=postgres.',
    labels: ['pool', 'state'],
    read: connections,
  },
  {
    name: 'kvasir_database_connections_limit',
    type: 'gauge',
    help: 'The most connections that there may be; together DATABASE_POOL_SIZE.',
    labels: ['pool'],
    read: ({ figures }) => (figures?.pools ?? []).map(({ pool, max }) => ({ labels: { pool }, value: max })),
  },
  {
    name: 'kvasir_database_waiting_calls',
    type: 'gauge',
    help: 'Calls that wait for a connection.',
    labels: ['pool'],
    read: ({ figures }) => (figures?.pools ?? []).map(({ pool, waiting }) => ({ labels: { pool }, value: waiting })),
  },
];
