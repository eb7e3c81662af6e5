import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';
import { problemOfMessage } from './wire-check.js';

/** Stands for a request that could not be taken as its message. */
export class MalformedRequest {
  constructor(readonly problem: string) {}
}

type Method = MethodDefinition<object, object>;

/** What is read here of a message's descriptor (google.protobuf.DescriptorProto). */
interface MessageDescriptor {
  readonly field: readonly { readonly number: number; readonly type: string }[];
}

/** The same service, whose requests are {@link MalformedRequest} when their bytes are not what they should be. By default @grpc/grpc-js says INTERNAL, or takes them. */
export function strictService(service: Readonly<Record<string, Method>>): ServiceDefinition {
  return Object.fromEntries(Object.entries(service).map(([name, method]) => [name, strictMethod(method)]));
}

function strictMethod(method: Method): Method {
  const { requestDeserialize } = method;
  const { type } = (method as unknown as { requestType: { type: MessageDescriptor } }).requestType;
  const strings = new Set(type.field.filter((field) => field.type === 'TYPE_STRING').map((field) => field.number));
  return {
    ...method,
    requestDeserialize: (bytes) => {
      const problem = problemOfMessage(bytes, strings);
      return problem === undefined ? requestDeserialize(bytes) : new MalformedRequest(problem);
    },
  };
}
