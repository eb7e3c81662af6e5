import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { DEFAULT_API } from '@kvasir/http';
import { DiskFullError } from '@kvasir/kv-core';
import { register } from '@kvasir/metrics';
import { Registry } from 'prom-client';
import { METRICS } from './declarations.js';
import type { Moment } from './moment.js';
import { ServiceCounts } from './service-counts.js';

const OPERATIONS = new URL('../../../../docs/operations.md', import.meta.url);

const EMPTY: Moment = {
  counts: new ServiceCounts(),
  version: '1.2.3',
  engine: 'wal',
  ready: false,
  rateLimited: undefined,
  stats: undefined,
  figures: undefined,
  maxMemoryBytes: 1000,
};

async function textOf(moment: Moment): Promise<string[]> {
  const registry = new Registry();
  for (const declaration of METRICS) register(registry, declaration, () => moment);
  return (await registry.metrics()).split('\n');
}

const samplesOf = async (moment: Moment): Promise<string[]> =>
  (await textOf(moment)).filter((line) => line !== '' && !line.startsWith('#'));

/** One of everything that is counted. */
function busy(): Moment {
  const counts = new ServiceCounts();
  counts.http.answered(undefined, DEFAULT_API, 'GET', 404, 3);
  counts.rpc.answered('Get', 5, 0.2);
  counts.log.group(3);
  counts.log.synced(0.3);
  counts.log.compacted(1500);
  counts.store.freed(7);
  counts.store.failed(new DiskFullError('full'));
  counts.store.failed(new Error('unexpected'));
  const compaction = {
    running: true,
    progress: 0.5,
    completed: 2,
    failed: 1,
    last: undefined,
    lastError: undefined,
  };
  return {
    ...EMPTY,
    counts,
    ready: true,
    rateLimited: 4,
    stats: { keys: 2, sizeBytes: 30, revision: 9 },
    figures: {
      log: { bytes: 500, liveBytes: 200, compaction },
      memoryBytes: 700,
      pools: [{ pool: 'reads', max: 9, open: 5, idle: 2, waiting: 1 }],
    },
  };
}

describe('the metrics of kv-service', () => {
  it('are named by the conventions of Prometheus', () => {
    for (const { name, type, help, labels } of METRICS) {
      expect(name).toMatch(/^kvasir_[a-z][a-z0-9_]*$/);
      expect({ name, total: name.endsWith('_total') }).toEqual({ name, total: type === 'counter' });
      expect(name).not.toMatch(/_(ms|milliseconds|mib|kib|bucket|sum|count)(_|$)/);
      for (const label of labels) expect(label).toMatch(/^[a-z]+$/);
      expect(help).toMatch(/\.$/);
    }
    expect(new Set(METRICS.map(({ name }) => name)).size).toBe(METRICS.length);
  });

  it('are the table in docs/operations.md', () => {
    const [part] = readFileSync(OPERATIONS, 'utf8').split('### Metrics of api-gateway');
    const rows = part!.matchAll(/^\| `(kvasir_\w+)` *\| (\w+) *\| ([\w, ]+?) *\| (.*?) *\|$/gm);
    expect(Array.from(rows, ([, ...cells]) => cells)).toEqual(
      METRICS.map(({ name, type, labels, help }) => [name, type, labels.join(', ') || 'none', help]),
    );
  });

  it('have the labels that they are declared with, and no others', async () => {
    const lines = await samplesOf(busy());
    for (const { name, type, labels } of METRICS) {
      const own = lines.filter((line) => new RegExp(`^${name}(_bucket|_sum|_count)?[{ ]`).test(line));
      expect({ name, lines: own.length > 0 }).toEqual({ name, lines: true });
      for (const line of own) {
        const found = Array.from(line.matchAll(/(\w+)="/g), ([, label]) => label);
        const expected = type === 'histogram' && line.startsWith(`${name}_bucket`) ? [...labels, 'le'] : labels;
        expect({ name, labels: found }).toEqual({ name, labels: expected });
      }
    }
  });

  it('tell what was counted, in seconds and bytes', async () => {
    expect(await samplesOf(busy())).toEqual(
      expect.arrayContaining([
        'kvasir_build_info{version="1.2.3",engine="wal"} 1',
        'kvasir_ready 1',
        'kvasir_http_requests_total{api="http",route="none",method="GET",status="404"} 1',
        'kvasir_http_request_duration_seconds_bucket{api="http",route="none",method="GET",le="0.0025"} 0',
        'kvasir_http_request_duration_seconds_bucket{api="http",route="none",method="GET",le="0.005"} 1',
        'kvasir_http_request_duration_seconds_bucket{api="http",route="none",method="GET",le="+Inf"} 1',
        'kvasir_http_request_duration_seconds_sum{api="http",route="none",method="GET"} 0.003',
        'kvasir_http_request_duration_seconds_count{api="http",route="none",method="GET"} 1',
        'kvasir_grpc_requests_total{method="Get",status="NOT_FOUND"} 1',
        'kvasir_grpc_request_duration_seconds_bucket{method="Get",le="0.00025"} 1',
        'kvasir_rate_limited_requests_total 4',
        'kvasir_store_keys 2',
        'kvasir_store_value_bytes 30',
        'kvasir_store_revision 9',
        'kvasir_store_memory_bytes 700',
        'kvasir_store_memory_limit_bytes 1000',
        'kvasir_store_failures_total{code="DISK_FULL"} 1',
        'kvasir_store_failures_total{code="INTERNAL"} 1',
        'kvasir_purged_entries_total 7',
        'kvasir_log_bytes 500',
        'kvasir_log_live_bytes 200',
        'kvasir_log_sync_duration_seconds_sum 0.0003',
        'kvasir_log_group_transactions_bucket{le="2"} 0',
        'kvasir_log_group_transactions_bucket{le="4"} 1',
        'kvasir_compaction_running 1',
        'kvasir_compactions_total{outcome="completed"} 2',
        'kvasir_compactions_total{outcome="failed"} 1',
        'kvasir_compaction_seconds_total 1.5',
        'kvasir_database_connections{pool="reads",state="idle"} 2',
        'kvasir_database_connections{pool="reads",state="used"} 3',
        'kvasir_database_connections_limit{pool="reads"} 9',
        'kvasir_database_waiting_calls{pool="reads"} 1',
      ]),
    );
  });

  it('leave out what is not known, but always name themselves', async () => {
    expect(await samplesOf(EMPTY)).toEqual([
      'kvasir_build_info{version="1.2.3",engine="wal"} 1',
      'kvasir_ready 0',
      'kvasir_purged_entries_total 0',
    ]);
    const named = (await textOf(EMPTY)).filter((line) => line.startsWith('# TYPE '));
    expect(named).toEqual(METRICS.map(({ name, type }) => `# TYPE ${name} ${type}`));
  });
});
