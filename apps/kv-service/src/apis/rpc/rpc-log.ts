import { setLogger, status as Status, type handleUnaryCall, type Metadata } from '@grpc/grpc-js';
import { requestId } from '@kvasir/http';
import type { Tracer } from '@kvasir/tracing';
import type { PinoLogger } from 'nestjs-pino';
import { traceContextOf } from './rpc-trace.js';

type Unary = handleUnaryCall<object, object>;

/** The same handler, whose calls are logged at debug: which key was asked for and what became of it, and how long that took. Never a value, nor metadata. */
export function loggedUnary(logger: PinoLogger, tracer: Tracer | undefined, rpc: string, unary: Unary): Unary {
  return (call, callback) => {
    if (!logger.logger.isLevelEnabled('debug')) {
      unary(call, callback);
      return;
    }
    const startedAt = performance.now();
    const traceId = tracer?.current()?.context.traceId ?? traceContextOf(call.metadata)?.traceId;
    unary(call, (error, ...answer) => {
      callback(error, ...answer);
      const { key } = call.request as { readonly key?: string };
      const headers = {
        'x-request-id': textOf(call.metadata, 'x-request-id'),
        traceparent: textOf(call.metadata, 'traceparent'),
      };
      const ms = Math.round((performance.now() - startedAt) * 1000) / 1000;
      const status = Status[error?.code ?? Status.OK];
      logger.debug({ id: requestId({ headers }), traceId, api: 'rpc', route: rpc, key, status, ms }, 'request');
    });
  };
}

function textOf(metadata: Metadata, name: string): string | undefined {
  return metadata.get(name)[0]?.toString();
}

/** What @grpc/grpc-js would write to standard error goes to the service's log, at debug: what matters of it comes as an error as well. */
export function logGrpcThrough(logger: { debug(fields: object, message: string): void }): void {
  const write = (...words: unknown[]): void => logger.debug({ api: 'rpc' }, words.join(' '));
  setLogger({ error: write, info: write, debug: write });
}
