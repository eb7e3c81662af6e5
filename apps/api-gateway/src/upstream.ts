import { Inject, Injectable, type FactoryProvider, type OnApplicationShutdown } from '@nestjs/common';
import { GrpcKvClient } from '@kvasir/client';
import { grpcTls } from '@kvasir/service';
import type { GatewayConfig } from './config/config.js';
import { GATEWAY_CONFIG } from './config/config.token.js';

/** The connection to kv-service. It is made with the first call: the gateway starts without kv-service. */
export const upstreamProvider: FactoryProvider<GrpcKvClient> = {
  provide: GrpcKvClient,
  inject: [GATEWAY_CONFIG],
  useFactory: ({ upstream, grpcSecurity }: GatewayConfig) =>
    new GrpcKvClient(upstream.address, {
      deadlineMs: upstream.deadlineMs,
      token: grpcSecurity.token,
      tls: grpcTls(grpcSecurity),
    }),
};

/** Closes the connection when the last request has been answered. */
@Injectable()
export class UpstreamLifecycle implements OnApplicationShutdown {
  constructor(@Inject(GrpcKvClient) private readonly client: GrpcKvClient) {}

  onApplicationShutdown(): void {
    this.client.close();
  }
}
