import { Module, type DynamicModule } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { ServiceStop } from '@kvasir/service';
import { RPC_READINESS } from '../../apis/rpc/rpc-readiness.js';
import { HealthController } from './health.controller.js';
import { Readiness } from './readiness.js';

/** Whether the service lives and is ready, over HTTP, and for gRPC's health service. Global: the latter is in another module. */
@Module({})
export class HealthModule {
  static with(stop: ServiceStop): DynamicModule {
    return {
      module: HealthModule,
      global: true,
      // Each probe of a service that is not ready would be a line of the log.
      imports: [TerminusModule.forRoot({ logger: false })],
      controllers: [HealthController],
      providers: [
        { provide: ServiceStop, useValue: stop },
        Readiness,
        { provide: RPC_READINESS, useExisting: Readiness },
      ],
      exports: [Readiness, RPC_READINESS],
    };
  }
}
