import { status as Status } from '@grpc/grpc-js';
import { Controller, Inject, UseFilters } from '@nestjs/common';
import { Ctx, GrpcMethod, Payload } from '@nestjs/microservices';
import {
  HEALTHY,
  KEY_VALUE_SERVICE_NAME,
  type DeleteRequest,
  type DeleteResponse,
  type GetRequest,
  type GetResponse,
  type HealthResponse,
  type SetRequest,
  type SetResponse,
} from '@kvasir/contracts';
import type { Caller } from '@kvasir/http';
import { jsonTextOfString, textOfJsonText, type Operation } from '@kvasir/kv-core';
import { Access } from '../../access/access.js';
import type { RpcContext } from './rpc-context.js';
import { RPC_READINESS, type RpcReadiness } from './rpc-readiness.js';
import { RpcErrorFilter } from './rpc-error.filter.js';
import { RpcRefusal } from './rpc-status.js';

// What is not set is not sent, and is the default for whoever reads it.
const NOT_FOUND: GetResponse = {};
const DONE: SetResponse & DeleteResponse = { success: true };

/** `keyvalue.KeyValueService` (docs/contracts/values.md): strings under keys, over gRPC. */
@Controller()
@UseFilters(RpcErrorFilter)
export class KeyValueController {
  constructor(
    private readonly access: Access,
    @Inject(RPC_READINESS) private readonly readiness: RpcReadiness,
  ) {}

  @GrpcMethod(KEY_VALUE_SERVICE_NAME, 'Get')
  async get(@Payload() { key }: GetRequest, @Ctx() { caller }: RpcContext): Promise<GetResponse> {
    refuseEmpty(key);
    const entry = await this.access.storeFor(caller).get(key);
    return entry === undefined ? NOT_FOUND : { value: textOfJsonText(entry.value), found: true };
  }

  @GrpcMethod(KEY_VALUE_SERVICE_NAME, 'Set')
  set(@Payload() { key, value }: SetRequest, @Ctx() { caller }: RpcContext): Promise<SetResponse> {
    return this.commit(caller, { type: 'set', key, value: jsonTextOfString(value) });
  }

  @GrpcMethod(KEY_VALUE_SERVICE_NAME, 'Delete')
  delete(@Payload() { key }: DeleteRequest, @Ctx() { caller }: RpcContext): Promise<DeleteResponse> {
    return this.commit(caller, { type: 'delete', key });
  }

  @GrpcMethod(KEY_VALUE_SERVICE_NAME, 'Health')
  async health(): Promise<HealthResponse> {
    const problem = await this.readiness.problem();
    if (problem !== undefined) throw new RpcRefusal(Status.UNAVAILABLE, problem);
    return { status: HEALTHY, timestamp: Math.floor(Date.now() / 1000) };
  }

  /** The result of a single operation is no error here: a key that was not there to be deleted is a success. */
  private async commit(caller: Caller, operation: Operation): Promise<SetResponse & DeleteResponse> {
    refuseEmpty(operation.key);
    await this.access.storeFor(caller).commit({ atomic: false, operations: [operation] });
    return DONE;
  }
}

function refuseEmpty(key: string): void {
  if (key === '') throw new RpcRefusal(Status.INVALID_ARGUMENT, 'key cannot be empty');
}
