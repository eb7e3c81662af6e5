import { fromJSON, type Options, type PackageDefinition } from '@grpc/proto-loader';
import { DESCRIPTOR } from './generated/descriptor.js';
import type { KeyValueServiceDefinition } from './generated/keyvalue/KeyValueService.js';

/** How messages look in JavaScript. The generated types are made with the same (tools/generate-contracts.mjs): 64-bit integers are numbers, fields that are not sent have their defaults. */
const LOADER_OPTIONS: Options = { longs: Number, defaults: true };

/** The service's full name, as paths and health checks have it. */
export const KEY_VALUE_SERVICE_NAME = 'keyvalue.KeyValueService';

/** Everything in package `keyvalue`: for reflection. */
export const KEY_VALUE_PACKAGE: PackageDefinition = fromJSON(
  DESCRIPTOR as unknown as Parameters<typeof fromJSON>[0],
  LOADER_OPTIONS,
);

/** `keyvalue.KeyValueService`: what `Server.addService` and `makeClientConstructor` of @grpc/grpc-js take. */
export const KEY_VALUE_SERVICE = KEY_VALUE_PACKAGE[KEY_VALUE_SERVICE_NAME] as unknown as KeyValueServiceDefinition;

/** What `Health` answers as its `status`. */
export const HEALTHY = 'healthy';

/** What a message may have besides the longest body: the key, and what protobuf puts around both, in bytes (docs/contracts/values.md). */
const MESSAGE_OVERHEAD_BYTES = 65_536;

/** The most bytes of a message between services whose bodies are limited to `maxBodyBytes`. */
export function maxMessageBytes(maxBodyBytes: number): number {
  return maxBodyBytes + MESSAGE_OVERHEAD_BYTES;
}
