export type { DeleteRequest__Output as DeleteRequest } from './generated/keyvalue/DeleteRequest.js';
export type { DeleteResponse } from './generated/keyvalue/DeleteResponse.js';
export type { GetRequest__Output as GetRequest } from './generated/keyvalue/GetRequest.js';
export type { GetResponse } from './generated/keyvalue/GetResponse.js';
export type { HealthResponse__Output as HealthResponse } from './generated/keyvalue/HealthResponse.js';
export type { KeyValueServiceClient, KeyValueServiceDefinition } from './generated/keyvalue/KeyValueService.js';
export type { SetRequest__Output as SetRequest } from './generated/keyvalue/SetRequest.js';
export type { SetResponse } from './generated/keyvalue/SetResponse.js';
export {
  HEALTHY,
  KEY_VALUE_PACKAGE,
  KEY_VALUE_SERVICE,
  KEY_VALUE_SERVICE_NAME,
  maxMessageBytes,
} from './key-value-service.js';
