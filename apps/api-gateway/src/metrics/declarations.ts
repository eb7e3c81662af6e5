import { callSamples, callTimes, requestSamples, requestTimes, single, type MetricDeclaration } from '@kvasir/metrics';
import type { GatewayCounts } from './gateway-counts.js';

/** Everything that metrics are read out of, as it is at one moment. */
export interface Moment {
  readonly counts: GatewayCounts;
  readonly version: string;
  /** Whether `/health/ready` would be a 200. */
  readonly ready: boolean;
  /** Requests that came too soon so far; undefined without `RATE_LIMIT`. */
  readonly rateLimited: number | undefined;
}

/** Every metric of api-gateway's own. What it has in common with kv-service has the same name. */
export const METRICS: readonly MetricDeclaration<Moment>[] = [
  {
    name: 'kvasir_build_info',
    type: 'gauge',
    help: 'Always 1; the label says which version runs.',
    labels: ['version'],
    read: ({ version }) => [{ labels: { version }, value: 1 }],
  },
  {
    name: 'kvasir_ready',
    type: 'gauge',
    help: '1 when /health/ready is a 200, else 0: kv-service is asked at each scrape.',
    labels: [],
    read: ({ ready }) => single(Number(ready)),
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
    name: 'kvasir_upstream_requests_total',
    type: 'counter',
    help: 'gRPC calls of kv-service that ended, by the name of their status; health checks are not counted.',
    labels: ['method', 'status'],
    read: ({ counts }) => callSamples(counts.upstream, (status) => status),
  },
  {
    name: 'kvasir_upstream_request_duration_seconds',
    type: 'histogram',
    help: 'Time from a call of kv-service until its answer, the way there and back included.',
    labels: ['method'],
    read: ({ counts }) => callTimes(counts.upstream),
  },
  {
    name: 'kvasir_rate_limited_requests_total',
    type: 'counter',
    help: 'Requests that RATE_LIMIT refused; absent without it.',
    labels: [],
    read: ({ rateLimited }) => single(rateLimited),
  },
];
