import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type {
  DeleteRequest as _keyvalue_DeleteRequest,
  DeleteRequest__Output as _keyvalue_DeleteRequest__Output,
} from './keyvalue/DeleteRequest.js';
import type {
  DeleteResponse as _keyvalue_DeleteResponse,
  DeleteResponse__Output as _keyvalue_DeleteResponse__Output,
} from './keyvalue/DeleteResponse.js';
import type {
  GetRequest as _keyvalue_GetRequest,
  GetRequest__Output as _keyvalue_GetRequest__Output,
} from './keyvalue/GetRequest.js';
import type {
  GetResponse as _keyvalue_GetResponse,
  GetResponse__Output as _keyvalue_GetResponse__Output,
} from './keyvalue/GetResponse.js';
import type {
  HealthRequest as _keyvalue_HealthRequest,
  HealthRequest__Output as _keyvalue_HealthRequest__Output,
} from './keyvalue/HealthRequest.js';
import type {
  HealthResponse as _keyvalue_HealthResponse,
  HealthResponse__Output as _keyvalue_HealthResponse__Output,
} from './keyvalue/HealthResponse.js';
import type {
  KeyValueServiceClient as _keyvalue_KeyValueServiceClient,
  KeyValueServiceDefinition as _keyvalue_KeyValueServiceDefinition,
} from './keyvalue/KeyValueService.js';
import type {
  SetRequest as _keyvalue_SetRequest,
  SetRequest__Output as _keyvalue_SetRequest__Output,
} from './keyvalue/SetRequest.js';
import type {
  SetResponse as _keyvalue_SetResponse,
  SetResponse__Output as _keyvalue_SetResponse__Output,
} from './keyvalue/SetResponse.js';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new (...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  keyvalue: {
    DeleteRequest: MessageTypeDefinition<_keyvalue_DeleteRequest, _keyvalue_DeleteRequest__Output>;
    DeleteResponse: MessageTypeDefinition<_keyvalue_DeleteResponse, _keyvalue_DeleteResponse__Output>;
    GetRequest: MessageTypeDefinition<_keyvalue_GetRequest, _keyvalue_GetRequest__Output>;
    GetResponse: MessageTypeDefinition<_keyvalue_GetResponse, _keyvalue_GetResponse__Output>;
    HealthRequest: MessageTypeDefinition<_keyvalue_HealthRequest, _keyvalue_HealthRequest__Output>;
    HealthResponse: MessageTypeDefinition<_keyvalue_HealthResponse, _keyvalue_HealthResponse__Output>;
    /**
     * A store of strings under string keys. A key is 1 to 1,024 bytes of UTF-8, any character but NUL; whatever else it is
     * called with is INVALID_ARGUMENT.
     *
     * Messages are limited to MAX_BODY_BYTES and 64 KiB (RESOURCE_EXHAUSTED past it). A full store is RESOURCE_EXHAUSTED too; a
     * service that stops, or cannot write, is UNAVAILABLE. New rpcs and fields get new numbers.
     */
    KeyValueService: SubtypeConstructor<typeof grpc.Client, _keyvalue_KeyValueServiceClient> & {
      service: _keyvalue_KeyValueServiceDefinition;
    };
    SetRequest: MessageTypeDefinition<_keyvalue_SetRequest, _keyvalue_SetRequest__Output>;
    SetResponse: MessageTypeDefinition<_keyvalue_SetResponse, _keyvalue_SetResponse__Output>;
  };
}
