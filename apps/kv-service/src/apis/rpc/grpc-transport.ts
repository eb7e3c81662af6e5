import {
  Server as GrpcServer,
  ServerCredentials,
  status as Status,
  type handleUnaryCall,
  type sendUnaryData,
  type ServerUnaryCall,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import { KEY_VALUE_PACKAGE, KEY_VALUE_SERVICE, KEY_VALUE_SERVICE_NAME, maxMessageBytes } from '@kvasir/contracts';
import { ANYONE, type Caller } from '@kvasir/http';
import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { Server, Transport, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { isObservable, lastValueFrom, type Observable } from 'rxjs';
import { GrpcHealth, HEALTH_PACKAGE } from './grpc-health.js';
import { GrpcListener } from './grpc-listener.js';
import { http2ServerOf } from './http2-server-of.js';
import { OpenCalls } from './open-calls.js';
import { OpenSessions } from './open-sessions.js';
import { callerOf } from './rpc-caller.js';
import type { RpcContext } from './rpc-context.js';
import { loggedUnary } from './rpc-log.js';
import { rateExcess } from './rpc-rate.js';
import { observedUnary } from './rpc-observing.js';
import { RPC_OPTIONS, type RpcOptions } from './rpc-options.js';
import { RPC_READINESS, type RpcReadiness } from './rpc-readiness.js';
import { INTERNAL_STATUS, knownStatus, RpcRefusal, type RpcStatus } from './rpc-status.js';
import { RpcToken } from './rpc-token.js';
import { tracedUnary, type RpcTracing } from './rpc-trace.js';
import { MalformedRequest, strictService } from './strict-service.js';

type Handler = MessageHandler<object, RpcContext, object>;
type Unary = handleUnaryCall<object, object>;

/** An rpc that says nothing of the data, so that probes without the token can call it. */
const OPEN_RPC = 'Health';

/** Calls at once on one connection; a client that has more of them sends the others later. */
const MAX_CONCURRENT_CALLS = 1024;

/** Answers that clients do not take. Each is at most a message long: 240 calls at once must ask for the longest and not take it. */
const MAX_WAITING_BYTES = 268_435_456;

const UNAUTHENTICATED: RpcStatus = {
  code: Status.UNAUTHENTICATED,
  details: "the metadata has no 'authorization: Bearer <token>' with the token of this service",
};

/**
 * Nest's transport for gRPC: handlers are controllers' methods with `@GrpcMethod`, called through Nest's pipeline.
 *
 * It stands in for Nest's own `ServerGrpc`, which does not say which port it got, answers a malformed message with INTERNAL (or takes it), cannot end the streams
 * of those who watch its health, and so stops either at once or never.
 */
@Injectable()
export class GrpcTransport extends Server implements CustomTransportStrategy, BeforeApplicationShutdown {
  override readonly transportId = Transport.GRPC;
  private readonly server: GrpcServer;
  private readonly listener: GrpcListener;
  private readonly calls: OpenCalls;
  private readonly sessions: OpenSessions;
  private readonly health: GrpcHealth;
  private readonly token: RpcToken | undefined;
  private readonly tracing: RpcTracing | undefined;
  private boundPort = 0;
  private stopped: Promise<void> | undefined;

  constructor(
    @Inject(RPC_OPTIONS) private readonly options: RpcOptions,
    @Inject(RPC_READINESS) readiness: RpcReadiness,
    @InjectPinoLogger(GrpcTransport.name) private readonly requestLog: PinoLogger,
  ) {
    super();
    this.health = new GrpcHealth(readiness, options.maxConnections);
    this.token = options.token === undefined ? undefined : new RpcToken(options.token);
    const { tracer } = options;
    this.tracing = tracer && { tracer, withKeys: () => requestLog.logger.isLevelEnabled('debug') };
    const maxMessage = maxMessageBytes(options.maxBodyBytes);
    this.server = new GrpcServer({
      'grpc.max_receive_message_length': maxMessage,
      // What was taken can be read: an answer is a few bytes longer than the request that brought its value.
      'grpc.max_send_message_length': -1,
      'grpc.max_concurrent_streams': MAX_CONCURRENT_CALLS,
      // A connection that is idle stays for as long as its client answers: closing it would race with the next call.
      'grpc.keepalive_time_ms': options.pingMs,
      'grpc.keepalive_timeout_ms': options.stallMs,
    });
    const injector = this.server.createConnectionInjector(ServerCredentials.createInsecure());
    const http2Server = http2ServerOf(this.server);
    this.sessions = new OpenSessions(http2Server);
    this.calls = new OpenCalls(http2Server, {
      requestMs: options.requestMs,
      stallMs: options.stallMs,
      maxMessageBytes: maxMessage,
      // However little it is: one message, in whatever pieces it comes from a client that behaves.
      maxArrivingBytes: Math.max(options.maxArrivingBytes, 2 * maxMessage),
      maxWaitingBytes: MAX_WAITING_BYTES,
      now: () => performance.now(),
    });
    this.listener = new GrpcListener(injector, options, requestLog.logger);
  }

  /** The port that it listens on; 0 before. */
  get port(): number {
    return this.boundPort;
  }

  override listen(callback: (error?: Error) => void): void {
    if (this.stopped !== undefined) throw new Error('gRPC cannot listen: the service is stopping');
    this.server.addService(strictService(KEY_VALUE_SERVICE), this.implementation());
    this.health.addTo(this.server);
    new ReflectionService({ ...KEY_VALUE_PACKAGE, ...HEALTH_PACKAGE }).addToServer(this.server);
    this.listener.listen((error, port) => {
      this.boundPort = port;
      callback(error);
    });
  }

  /** Calls in progress end while the HTTP side drains, not behind it. */
  beforeApplicationShutdown(): void {
    void this.stop();
  }

  override close(): Promise<void> {
    return this.stop();
  }

  override on(): never {
    throw new Error('the gRPC transport has no events');
  }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the signature is Nest's
  override unwrap<T>(): T {
    return this.server as T;
  }

  /** Says NOT_SERVING, takes no more calls, waits for those in progress, and after `drainMs` cuts off what is left. */
  private stop(): Promise<void> {
    return (this.stopped ??= this.drain());
  }

  private async drain(): Promise<void> {
    this.health.stop();
    this.listener.close();
    const cutOff = setTimeout(() => this.cutOff(), this.options.drainMs);
    await this.sessions.close();
    clearTimeout(cutOff);
    this.server.forceShutdown();
    this.calls.close();
    this.listener.destroy();
  }

  private cutOff(): void {
    this.server.forceShutdown();
    // Whose calls end here is told so. A client that has none, and does not end its side of the connection, is left to its socket by HTTP/2.
    setImmediate(() => this.listener.destroy());
  }

  private implementation(): UntypedServiceImplementation {
    const implementation: UntypedServiceImplementation = {};
    for (const rpc of Object.keys(KEY_VALUE_SERVICE)) {
      const pattern = this.normalizePattern({ service: KEY_VALUE_SERVICE_NAME, rpc, streaming: 'no_stream' });
      const handler = this.getHandlerByPattern(pattern);
      if (handler === null) throw new Error(`no controller serves ${KEY_VALUE_SERVICE_NAME}/${rpc}`);
      const isOpen = rpc === OPEN_RPC;
      const unary = loggedUnary(this.requestLog, this.options.tracer, rpc, this.unary(handler as Handler, isOpen));
      const observed = observedUnary(this.options.observer, rpc, unary);
      // What probes ask makes no traces.
      implementation[rpc] = isOpen ? observed : tracedUnary(this.tracing, rpc, observed);
    }
    return implementation;
  }

  private unary(handler: Handler, open: boolean): Unary {
    return (call, callback) => {
      const caller = open ? ANYONE : callerOf(call.metadata, this.options);
      const excess = this.excessOf(call, open, caller instanceof RpcRefusal ? undefined : caller);
      if (!this.mayCall(call, open)) callback(UNAUTHENTICATED);
      else if (excess !== undefined) callback(excess);
      else if (caller instanceof RpcRefusal) callback(knownStatus(caller) ?? INTERNAL_STATUS);
      else if (call.request instanceof MalformedRequest)
        callback({ code: Status.INVALID_ARGUMENT, details: call.request.problem });
      else void answer(handler, call, { caller }, callback);
    };
  }

  /** A service that shows the token and no API key counts for nobody: it has a limit of its own for whom it asks for. Probes are not counted. */
  private excessOf(
    call: ServerUnaryCall<object, object>,
    open: boolean,
    caller: Caller | undefined,
  ): RpcStatus | undefined {
    const { limiter } = this.options;
    if (limiter === undefined || open) return undefined;
    if (caller === ANYONE && this.token?.check(call.metadata) === 'right') return undefined;
    return rateExcess(limiter, call, caller);
  }

  /** A token that is sent must be right even where none is needed: whoever sends one wants to know. */
  private mayCall({ metadata }: ServerUnaryCall<object, object>, open: boolean): boolean {
    const verdict = this.token?.check(metadata) ?? 'right';
    return verdict === 'right' || (open && verdict === 'absent');
  }
}

async function answer(
  handler: Handler,
  call: ServerUnaryCall<object, object>,
  context: RpcContext,
  callback: sendUnaryData<object>,
): Promise<void> {
  try {
    const result: unknown = await handler(call.request, context);
    // Filters and interceptors answer with observables.
    callback(null, (isObservable(result) ? await lastValueFrom(result as Observable<object>) : result) as object);
  } catch (error) {
    callback(isStatus(error) ? error : INTERNAL_STATUS);
  }
}

function isStatus(error: unknown): error is RpcStatus {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'number';
}
