import { Inject, Injectable, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { GrpcKvClient } from '@kvasir/client';
import { grpcTls, ServiceStop } from '@kvasir/service';
import type { GatewayConfig } from '../config/config.js';
import { Readiness } from './readiness.js';
import { Upstream, type UpstreamListeners } from './upstream.js';

/** The connection to kv-service. It is made with the first call: the gateway starts without kv-service. */
function connect({ upstream, grpcSecurity }: GatewayConfig): GrpcKvClient {
  return new GrpcKvClient(upstream.address, {
    deadlineMs: upstream.deadlineMs,
    token: grpcSecurity.token,
    tls: grpcTls(grpcSecurity),
  });
}

/** Closes the connection when the last request has been answered. */
@Injectable()
class UpstreamLifecycle implements OnApplicationShutdown {
  constructor(@Inject(GrpcKvClient) private readonly client: GrpcKvClient) {}

  onApplicationShutdown(): void {
    this.client.close();
  }
}

/** kv-service, and whether it can be called. */
@Module({})
export class UpstreamModule {
  static with(config: GatewayConfig, stop: ServiceStop, listeners: UpstreamListeners): DynamicModule {
    return {
      module: UpstreamModule,
      global: true,
      providers: [
        { provide: GrpcKvClient, useFactory: () => connect(config) },
        {
          provide: Upstream,
          inject: [GrpcKvClient],
          useFactory: (client: GrpcKvClient) => new Upstream(client, listeners),
        },
        { provide: Readiness, inject: [Upstream], useFactory: (upstream: Upstream) => new Readiness(upstream, stop) },
        UpstreamLifecycle,
      ],
      exports: [Upstream, Readiness],
    };
  }
}
