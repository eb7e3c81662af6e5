import { status as Status, type handleUnaryCall, type Metadata } from '@grpc/grpc-js';
import { requestId } from '@kvasir/http';
import type { PinoLogger } from 'nestjs-pino';

type Unary = handleUnaryCall<object, object>;

/** The same handler, whose calls are logged at debug: which key was asked for and what became of it, and how long that took. Never a value, nor metadata. */
export function loggedUnary(logger: PinoLogger, rpc: string, unary: Unary): Unary {
  return (call, callback) => {
    if (!logger.logger.isLevelEnabled('debug')) {
      unary(call, callback);
      return;
    }
    const startedAt = performance.now();
    unary(call, (error, ...answer) => {
      callback(error, ...answer);
      const { key } = call.request as { readonly key?: string };
      const headers = {
        'x-request-id': textOf(call.metadata, 'x-request-id'),
        traceparent: textOf(call.metadata, 'traceparent'),
      };
      const ms = Math.round((performance.now() - startedAt) * 1000) / 1000;
      const status = Status[error?.code ?? Status.OK];
      logger.debug({ id: requestId({ headers }), api: 'rpc', route: rpc, key, status, ms }, 'request');
    });
  };
}

function textOf(metadata: Metadata, name: string): string | undefined {
  return metadata.get(name)[0]?.toString();
}
