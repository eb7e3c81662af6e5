// Original file: libs/contracts/proto/keyvalue.proto

import type * as grpc from '@grpc/grpc-js';
import type { MethodDefinition } from '@grpc/proto-loader';
import type {
  DeleteRequest as _keyvalue_DeleteRequest,
  DeleteRequest__Output as _keyvalue_DeleteRequest__Output,
} from '../keyvalue/DeleteRequest.js';
import type {
  DeleteResponse as _keyvalue_DeleteResponse,
  DeleteResponse__Output as _keyvalue_DeleteResponse__Output,
} from '../keyvalue/DeleteResponse.js';
import type {
  GetRequest as _keyvalue_GetRequest,
  GetRequest__Output as _keyvalue_GetRequest__Output,
} from '../keyvalue/GetRequest.js';
import type {
  GetResponse as _keyvalue_GetResponse,
  GetResponse__Output as _keyvalue_GetResponse__Output,
} from '../keyvalue/GetResponse.js';
import type {
  HealthRequest as _keyvalue_HealthRequest,
  HealthRequest__Output as _keyvalue_HealthRequest__Output,
} from '../keyvalue/HealthRequest.js';
import type {
  HealthResponse as _keyvalue_HealthResponse,
  HealthResponse__Output as _keyvalue_HealthResponse__Output,
} from '../keyvalue/HealthResponse.js';
import type {
  SetRequest as _keyvalue_SetRequest,
  SetRequest__Output as _keyvalue_SetRequest__Output,
} from '../keyvalue/SetRequest.js';
import type {
  SetResponse as _keyvalue_SetResponse,
  SetResponse__Output as _keyvalue_SetResponse__Output,
} from '../keyvalue/SetResponse.js';

/**
 * A store of strings under string keys. A key is 1 to 1,024 bytes of UTF-8, any character but NUL; whatever else it is
 * called with is INVALID_ARGUMENT.
 *
 * Messages are limited to MAX_BODY_BYTES and 64 KiB (RESOURCE_EXHAUSTED past it). A full store is RESOURCE_EXHAUSTED too; a
 * service that stops, or cannot write, is UNAVAILABLE. New rpcs and fields get new numbers.
 */
export interface KeyValueServiceClient extends grpc.Client {
  /**
   * Removes a key. A missing one is a success.
   */
  Delete(
    argument: _keyvalue_DeleteRequest,
    metadata: grpc.Metadata,
    options: grpc.CallOptions,
    callback: grpc.requestCallback<_keyvalue_DeleteResponse__Output>,
  ): grpc.ClientUnaryCall;
  Delete(
    argument: _keyvalue_DeleteRequest,
    metadata: grpc.Metadata,
    callback: grpc.requestCallback<_keyvalue_DeleteResponse__Output>,
  ): grpc.ClientUnaryCall;
  Delete(
    argument: _keyvalue_DeleteRequest,
    options: grpc.CallOptions,
    callback: grpc.requestCallback<_keyvalue_DeleteResponse__Output>,
  ): grpc.ClientUnaryCall;
  Delete(
    argument: _keyvalue_DeleteRequest,
    callback: grpc.requestCallback<_keyvalue_DeleteResponse__Output>,
  ): grpc.ClientUnaryCall;
  /**
   * Removes a key. A missing one is a success.
   */
  delete(
    argument: _keyvalue_DeleteRequest,
    metadata: grpc.Metadata,
    options: grpc.CallOptions,
    callback: grpc.requestCallback<_keyvalue_DeleteResponse__Output>,
  ): grpc.ClientUnaryCall;
  delete(
    argument: _keyvalue_DeleteRequest,
    metadata: grpc.Metadata,
    callback: grpc.requestCallback<_keyvalue_DeleteResponse__Output>,
  ): grpc.ClientUnaryCall;
  delete(
    argument: _keyvalue_DeleteRequest,
    options: grpc.CallOptions,
    callback: grpc.requestCallback<_keyvalue_DeleteResponse__Output>,
  ): grpc.ClientUnaryCall;
  delete(
    argument: _keyvalue_DeleteRequest,
    callback: grpc.requestCallback<_keyvalue_DeleteResponse__Output>,
  ): grpc.ClientUnaryCall;

  /**
   * Reads a key. A missing one is `found = false`, not an error.
   */
  Get(
    argument: _keyvalue_GetRequest,
    metadata: grpc.Metadata,
    options: grpc.CallOptions,
    callback: grpc.requestCallback<_keyvalue_GetResponse__Output>,
  ): grpc.ClientUnaryCall;
  Get(
    argument: _keyvalue_GetRequest,
    metadata: grpc.Metadata,
    callback: grpc.requestCallback<_keyvalue_GetResponse__Output>,
  ): grpc.ClientUnaryCall;
  Get(
    argument: _keyvalue_GetRequest,
    options: grpc.CallOptions,
    callback: grpc.requestCallback<_keyvalue_GetResponse__Output>,
  ): grpc.ClientUnaryCall;
  Get(
    argument: _keyvalue_GetRequest,
    callback: grpc.requestCallback<_keyvalue_GetResponse__Output>,
  ): grpc.ClientUnaryCall;
  /**
   * Reads a key. A missing one is `found = false`, not an error.
   */
  get(
    argument: _keyvalue_GetRequest,
    metadata: grpc.Metadata,
    options: grpc.CallOptions,
    callback: grpc.requestCallback<_keyvalue_GetResponse__Output>,
  ): grpc.ClientUnaryCall;
  get(
    argument: _keyvalue_GetRequest,
    metadata: grpc.Metadata,
    callback: grpc.requestCallback<_keyvalue_GetResponse__Output>,
  ): grpc.ClientUnaryCall;
  get(
    argument: _keyvalue_GetRequest,
    options: grpc.CallOptions,
    callback: grpc.requestCallback<_keyvalue_GetResponse__Output>,
  ): grpc.ClientUnaryCall;
  get(
    argument: _keyvalue_GetRequest,
    callback: grpc.requestCallback<_keyvalue_GetResponse__Output>,
  ): grpc.ClientUnaryCall;

  /**
   * Says that the service answers.
   */
  Health(
    argument: _keyvalue_HealthRequest,
    metadata: grpc.Metadata,
    options: grpc.CallOptions,
    callback: grpc.requestCallback<_keyvalue_HealthResponse__Output>,
  ): grpc.ClientUnaryCall;
  Health(
    argument: _keyvalue_HealthRequest,
    metadata: grpc.Metadata,
    callback: grpc.requestCallback<_keyvalue_HealthResponse__Output>,
  ): grpc.ClientUnaryCall;
  Health(
    argument: _keyvalue_HealthRequest,
    options: grpc.CallOptions,
    callback: grpc.requestCallback<_keyvalue_HealthResponse__Output>,
  ): grpc.ClientUnaryCall;
  Health(
    argument: _keyvalue_HealthRequest,
    callback: grpc.requestCallback<_keyvalue_HealthResponse__Output>,
  ): grpc.ClientUnaryCall;
  /**
   * Says that the service answers.
   */
  health(
    argument: _keyvalue_HealthRequest,
    metadata: grpc.Metadata,
    options: grpc.CallOptions,
    callback: grpc.requestCallback<_keyvalue_HealthResponse__Output>,
  ): grpc.ClientUnaryCall;
  health(
    argument: _keyvalue_HealthRequest,
    metadata: grpc.Metadata,
    callback: grpc.requestCallback<_keyvalue_HealthResponse__Output>,
  ): grpc.ClientUnaryCall;
  health(
    argument: _keyvalue_HealthRequest,
    options: grpc.CallOptions,
    callback: grpc.requestCallback<_keyvalue_HealthResponse__Output>,
  ): grpc.ClientUnaryCall;
  health(
    argument: _keyvalue_HealthRequest,
    callback: grpc.requestCallback<_keyvalue_HealthResponse__Output>,
  ): grpc.ClientUnaryCall;

  /**
   * Writes a key, for ever: an earlier value and its time to live are gone. It answers once the write is durable.
   */
  Set(
    argument: _keyvalue_SetRequest,
    metadata: grpc.Metadata,
    options: grpc.CallOptions,
    callback: grpc.requestCallback<_keyvalue_SetResponse__Output>,
  ): grpc.ClientUnaryCall;
  Set(
    argument: _keyvalue_SetRequest,
    metadata: grpc.Metadata,
    callback: grpc.requestCallback<_keyvalue_SetResponse__Output>,
  ): grpc.ClientUnaryCall;
  Set(
    argument: _keyvalue_SetRequest,
    options: grpc.CallOptions,
    callback: grpc.requestCallback<_keyvalue_SetResponse__Output>,
  ): grpc.ClientUnaryCall;
  Set(
    argument: _keyvalue_SetRequest,
    callback: grpc.requestCallback<_keyvalue_SetResponse__Output>,
  ): grpc.ClientUnaryCall;
  /**
   * Writes a key, for ever: an earlier value and its time to live are gone. It answers once the write is durable.
   */
  set(
    argument: _keyvalue_SetRequest,
    metadata: grpc.Metadata,
    options: grpc.CallOptions,
    callback: grpc.requestCallback<_keyvalue_SetResponse__Output>,
  ): grpc.ClientUnaryCall;
  set(
    argument: _keyvalue_SetRequest,
    metadata: grpc.Metadata,
    callback: grpc.requestCallback<_keyvalue_SetResponse__Output>,
  ): grpc.ClientUnaryCall;
  set(
    argument: _keyvalue_SetRequest,
    options: grpc.CallOptions,
    callback: grpc.requestCallback<_keyvalue_SetResponse__Output>,
  ): grpc.ClientUnaryCall;
  set(
    argument: _keyvalue_SetRequest,
    callback: grpc.requestCallback<_keyvalue_SetResponse__Output>,
  ): grpc.ClientUnaryCall;
}

/**
 * A store of strings under string keys. A key is 1 to 1,024 bytes of UTF-8, any character but NUL; whatever else it is
 * called with is INVALID_ARGUMENT.
 *
 * Messages are limited to MAX_BODY_BYTES and 64 KiB (RESOURCE_EXHAUSTED past it). A full store is RESOURCE_EXHAUSTED too; a
 * service that stops, or cannot write, is UNAVAILABLE. New rpcs and fields get new numbers.
 */
export interface KeyValueServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Removes a key. A missing one is a success.
   */
  Delete: grpc.handleUnaryCall<_keyvalue_DeleteRequest__Output, _keyvalue_DeleteResponse>;

  /**
   * Reads a key. A missing one is `found = false`, not an error.
   */
  Get: grpc.handleUnaryCall<_keyvalue_GetRequest__Output, _keyvalue_GetResponse>;

  /**
   * Says that the service answers.
   */
  Health: grpc.handleUnaryCall<_keyvalue_HealthRequest__Output, _keyvalue_HealthResponse>;

  /**
   * Writes a key, for ever: an earlier value and its time to live are gone. It answers once the write is durable.
   */
  Set: grpc.handleUnaryCall<_keyvalue_SetRequest__Output, _keyvalue_SetResponse>;
}

export interface KeyValueServiceDefinition extends grpc.ServiceDefinition {
  Delete: MethodDefinition<
    _keyvalue_DeleteRequest,
    _keyvalue_DeleteResponse,
    _keyvalue_DeleteRequest__Output,
    _keyvalue_DeleteResponse__Output
  >;
  Get: MethodDefinition<
    _keyvalue_GetRequest,
    _keyvalue_GetResponse,
    _keyvalue_GetRequest__Output,
    _keyvalue_GetResponse__Output
  >;
  Health: MethodDefinition<
    _keyvalue_HealthRequest,
    _keyvalue_HealthResponse,
    _keyvalue_HealthRequest__Output,
    _keyvalue_HealthResponse__Output
  >;
  Set: MethodDefinition<
    _keyvalue_SetRequest,
    _keyvalue_SetResponse,
    _keyvalue_SetRequest__Output,
    _keyvalue_SetResponse__Output
  >;
}
