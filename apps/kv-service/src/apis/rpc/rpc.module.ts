import { Module, type DynamicModule } from '@nestjs/common';
import { GrpcTransport } from './grpc-transport.js';
import { KeyValueController } from './key-value.controller.js';
import { RpcErrorFilter } from './rpc-error.filter.js';
import { RPC_OPTIONS, type RpcOptions } from './rpc-options.js';

/** `keyvalue.KeyValueService` over gRPC. The application connects {@link GrpcTransport} as a microservice. */
@Module({})
export class RpcModule {
  static with(options: RpcOptions): DynamicModule {
    return {
      module: RpcModule,
      controllers: [KeyValueController],
      providers: [GrpcTransport, RpcErrorFilter, { provide: RPC_OPTIONS, useValue: options }],
    };
  }
}
