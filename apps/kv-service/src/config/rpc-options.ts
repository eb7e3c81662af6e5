import { grpcTls } from '@kvasir/service';
import type { RpcOptions } from '../apis/rpc/rpc-options.js';
import type { KvServiceConfig } from './config.js';
import { drainMs } from './drain-time.js';

/** What the configuration says of the gRPC side. */
export function rpcOptions(config: KvServiceConfig): RpcOptions {
  return {
    host: config.grpc.host,
    port: config.grpc.port,
    token: config.grpcSecurity.token,
    tls: grpcTls(config.grpcSecurity),
    maxBodyBytes: config.limits.maxBodyBytes,
    drainMs: drainMs(config),
  };
}
