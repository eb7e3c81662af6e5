import type { RateLimiter } from '@kvasir/http';
import { drainMs, grpcTls } from '@kvasir/service';
import type { Tracer } from '@kvasir/tracing';
import type { RpcKeys, RpcObserver, RpcOptions } from '../apis/rpc/rpc-options.js';
import type { KvServiceConfig } from './config.js';

/**
 * What the configuration says of the gRPC side.
 *
 * @param keys undefined: the service has no API keys
 * @param limiter undefined: callers have no limit
 * @param observer undefined: nobody is told of calls
 * @param tracer undefined: there are no traces
 */
export function rpcOptions(
  config: KvServiceConfig,
  keys: RpcKeys | undefined,
  limiter: RateLimiter | undefined,
  observer: RpcObserver | undefined,
  tracer: Tracer | undefined,
): RpcOptions {
  const { max, maxBodiesBytes, headersTimeoutMs, requestTimeoutMs, keepAliveTimeoutMs, stallTimeoutMs } =
    config.connections;
  return {
    host: config.grpc.host,
    port: config.grpc.port,
    token: config.grpcSecurity.token,
    keys,
    limiter,
    observer,
    tracer,
    tls: grpcTls(config.grpcSecurity),
    maxBodyBytes: config.limits.maxBodyBytes,
    maxConnections: max,
    greetingMs: headersTimeoutMs,
    pingMs: keepAliveTimeoutMs,
    requestMs: requestTimeoutMs,
    stallMs: stallTimeoutMs,
    maxArrivingBytes: maxBodiesBytes,
    drainMs: drainMs(config.shutdown),
  };
}
