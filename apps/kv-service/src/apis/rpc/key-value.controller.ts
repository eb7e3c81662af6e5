import { status as Status } from '@grpc/grpc-js';
import { Controller, Inject, UseFilters } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
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
import { jsonTextOfString, textOfJsonText, type KvStore, type Operation } from '@kvasir/kv-core';
import { STORE } from '../../store/store.token.js';
import { RpcErrorFilter } from './rpc-error.filter.js';
import { RpcRefusal } from './rpc-status.js';

// What is not set is not sent, and is the default for whoever reads it.
const NOT_FOUND: GetResponse = {};
const DONE: SetResponse & DeleteResponse = { success: true };

/** `keyvalue.KeyValueService` (contracts/values.md): strings under keys, over gRPC. */
@Controller()
@UseFilters(RpcErrorFilter)
export class KeyValueController {
  constructor(@Inject(STORE) private readonly store: KvStore) {}

  @GrpcMethod(KEY_VALUE_SERVICE_NAME, 'Get')
  async get({ key }: GetRequest): Promise<GetResponse> {
    refuseEmpty(key);
    const entry = await this.store.get(key);
    return entry === undefined ? NOT_FOUND : { value: textOfJsonText(entry.value), found: true };
  }

  @GrpcMethod(KEY_VALUE_SERVICE_NAME, 'Set')
  set({ key, value }: SetRequest): Promise<SetResponse> {
    return this.commit({ type: 'set', key, value: jsonTextOfString(value) });
  }

  @GrpcMethod(KEY_VALUE_SERVICE_NAME, 'Delete')
  delete({ key }: DeleteRequest): Promise<DeleteResponse> {
    return this.commit({ type: 'delete', key });
  }

  @GrpcMethod(KEY_VALUE_SERVICE_NAME, 'Health')
  health(): HealthResponse {
    return { status: HEALTHY, timestamp: Math.floor(Date.now() / 1000) };
  }

  /** The result of a single operation is no error here: a key that was not there to be deleted is a success. */
  private async commit(operation: Operation): Promise<SetResponse & DeleteResponse> {
    refuseEmpty(operation.key);
    await this.store.commit({ atomic: false, operations: [operation] });
    return DONE;
  }
}

function refuseEmpty(key: string): void {
  if (key === '') throw new RpcRefusal(Status.INVALID_ARGUMENT, 'key cannot be empty');
}
