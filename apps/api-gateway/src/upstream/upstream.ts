import { status as Status } from '@grpc/grpc-js';
import { GrpcCallError, GrpcKvClient, type GrpcCallOptions, type GrpcStatusName } from '@kvasir/client';
import type { CallCounts } from '@kvasir/metrics';
import { traceHeaders, type Span, type TraceContext, type Tracer } from '@kvasir/tracing';

/** How a call ended, by gRPC's names. */
export type CallStatus = GrpcStatusName | 'OK';

/** What is told of calls; each undefined where nobody wants to know. */
export interface UpstreamListeners {
  readonly counts: CallCounts<CallStatus> | undefined;
  readonly tracer: Tracer | undefined;
}

/** For whom a call is made. */
export interface UpstreamCaller {
  /** kv-service decides what it may do. */
  readonly apiKey: string | undefined;
  /** What the call is a part of: the span of the request that is served, or without a collector its caller's. */
  readonly trace: TraceContext | undefined;
}

const SERVICE = 'keyvalue.KeyValueService';

/** How a call ends whose error is not gRPC's: it was not made. */
const NOT_MADE = 'UNKNOWN' satisfies CallStatus;

/** kv-service, as the gateway's requests call it: each call is counted, and has its place in the trace of its request. */
export class Upstream {
  constructor(
    private readonly client: GrpcKvClient,
    private readonly listeners: UpstreamListeners,
  ) {}

  /** As {@link GrpcKvClient.get}. */
  get(key: string, caller: UpstreamCaller): Promise<string | undefined> {
    return this.call('Get', caller, (options) => this.client.get(key, options));
  }

  /** As {@link GrpcKvClient.set}. */
  set(key: string, value: string, caller: UpstreamCaller): Promise<void> {
    return this.call('Set', caller, (options) => this.client.set(key, value, options));
  }

  /** As {@link GrpcKvClient.delete}. */
  delete(key: string, caller: UpstreamCaller): Promise<void> {
    return this.call('Delete', caller, (options) => this.client.delete(key, options));
  }

  /** Asks whether kv-service is ready and takes the gateway's token. What probes ask is neither counted nor traced. @throws GrpcCallError when it is not */
  async health(options?: GrpcCallOptions): Promise<void> {
    await this.client.health(options);
  }

  private call<Result>(
    rpc: string,
    { apiKey, trace }: UpstreamCaller,
    make: (options: GrpcCallOptions) => Promise<Result>,
  ): Promise<Result> {
    const { counts, tracer } = this.listeners;
    const span = tracer && beginSpan(tracer, rpc, trace);
    const context = span === undefined ? trace : span.context;
    const options = { apiKey, trace: context && traceHeaders(context) };
    return counts === undefined && span === undefined ? make(options) : this.told(rpc, span, make(options));
  }

  private async told<Result>(rpc: string, span: Span | undefined, call: Promise<Result>): Promise<Result> {
    const startedAt = performance.now();
    let status: CallStatus = 'OK';
    try {
      return await call;
    } catch (error) {
      status = error instanceof GrpcCallError ? error.status : NOT_MADE;
      throw error;
    } finally {
      this.listeners.counts?.answered(rpc, status, performance.now() - startedAt);
      if (span !== undefined) endSpan(span, status);
    }
  }
}

function beginSpan(tracer: Tracer, rpc: string, trace: TraceContext | undefined): Span {
  return tracer.start({
    name: `${SERVICE}/${rpc}`,
    kind: 'client',
    parent: trace,
    attributes: { 'rpc.system': 'grpc', 'rpc.service': SERVICE, 'rpc.method': rpc },
  });
}

function endSpan(span: Span, status: CallStatus): void {
  span.end({
    attributes: { 'rpc.grpc.status_code': Status[status] },
    failure: status === 'OK' ? undefined : status,
  });
}
