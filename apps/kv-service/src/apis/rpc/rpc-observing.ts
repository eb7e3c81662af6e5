import { status as Status, type handleUnaryCall } from '@grpc/grpc-js';
import type { RpcObserver } from './rpc-options.js';

type Unary = handleUnaryCall<object, object>;

/** The same handler, of whose calls the observer is told; the handler itself when there is none. */
export function observedUnary(observer: RpcObserver | undefined, rpc: string, unary: Unary): Unary {
  if (observer === undefined) return unary;
  return (call, callback) => {
    const startedAt = performance.now();
    unary(call, (error, ...answer) => {
      callback(error, ...answer);
      observer.answered(rpc, error?.code ?? Status.OK, performance.now() - startedAt);
    });
  };
}
