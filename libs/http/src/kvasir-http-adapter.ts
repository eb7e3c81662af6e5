import type { NestApplicationOptions } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { DEFAULT_REQUEST_LIMITS } from '@kvasir/kv-core';
import type { Tracer } from '@kvasir/tracing';
import * as http from 'node:http';
import * as https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { createSecureContext } from 'node:tls';
import { Cors, type CorsOrigins } from './browser/cors.js';
import { endWithRefusal } from './client-error.js';
import { expressMessages, type ExpressPrototypes, type MessageClasses } from './express-messages.js';
import { closeServers } from './graceful-close.js';
import { NodeExchange, type HttpExchange } from './http-exchange.js';
import type { HttpLogger } from './http-logger.js';
import { BodyBudget } from './limits/body-collector.js';
import { limitConnections } from './limits/connection-limit.js';
import type { RateLimiter } from './limits/rate-limiter.js';
import { StalledWrites } from './limits/stalled-writes.js';
import type { ParserError } from './reencoded-connection.js';
import { PlainConnections } from './plain/plain-connections.js';
import type { RequestObserver } from './request-observer.js';
import { WireAnswer } from './wire-answer.js';
import { WireDispatcher } from './wire-dispatcher.js';
import type { WireApi } from './wire-errors.js';
import type { WireGate } from './wire-gate.js';
import { WireRouter } from './wire-router.js';

/** How long clients may take, in milliseconds. */
export interface HttpTimeouts {
  /** From a connection's or request's first moment to the end of its headers. */
  readonly headersMs: number;
  /** From a request's first byte to its last. */
  readonly requestMs: number;
  /** An idle connection between two requests. Longer than the usual minute of load balancers, so that they close first. */
  readonly keepAliveMs: number;
  /** No byte in either direction, in the midst of a request or an answer. */
  readonly stallMs: number;
  /** How often the first two are looked at: they fire this much late at most. */
  readonly checkIntervalMs: number;
  /** How long to go on reading, and throwing away, from a client that was refused before it had sent all. */
  readonly lingerMs: number;
  /** From the start of a close until what is still in progress is cut off. */
  readonly drainMs: number;
}

export const DEFAULT_HTTP_TIMEOUTS: HttpTimeouts = {
  headersMs: 10_000,
  requestMs: 60_000,
  keepAliveMs: 65_000,
  stallMs: 60_000,
  checkIntervalMs: 1_000,
  lingerMs: 2_000,
  drainMs: 3_000,
};

/** What the HTTP side is set up with. */
export interface HttpAdapterOptions {
  readonly logger: HttpLogger;
  /** The longest body, in bytes; default 1 MiB. */
  readonly maxBodyBytes?: number;
  /** The most bytes that the bodies of all requests may take while they arrive; default 256 MiB, and never less than one body. */
  readonly maxBodiesBytes?: number;
  /** Whether wire routes skip Express and Nest's pipeline; default true. The answers are the same either way. */
  readonly fast?: boolean;
  /** Whether plain requests (docs/adr/0022) are read without Node's HTTP, when `fast` is on; default true. The answers are the same either way. */
  readonly plain?: boolean;
  readonly timeouts?: Partial<HttpTimeouts>;
  /** Owns every path that no API owns, such as unknown ones; default `DEFAULT_API`. */
  readonly fallbackApi?: WireApi;
  /** Asked for every request, before anything else is done with it; default: all may go on, as `ANYONE`. */
  readonly gate?: WireGate;
  /** Refuses requests that come too soon; default: none. */
  readonly limiter?: RateLimiter;
  /** Told of every request; default: nobody is, and nothing is measured. */
  readonly observer?: RequestObserver;
  /** Makes a span of every request, and finds its place in the trace of its caller; default: there are no traces. */
  readonly tracer?: Tracer | undefined;
  /** Which web pages of other sites may read answers; default: none. */
  readonly corsOrigins?: CorsOrigins;
  /** The most connections at once, for each port; default: as many as the system has descriptors for. */
  readonly maxConnections?: number;
}

/** What a certificate is renewed with, as PEM text. */
export interface TlsIdentity {
  readonly cert: string;
  readonly key: string;
}

/** Bodies of 1 MiB from 256 clients at once. */
export const DEFAULT_MAX_BODIES_BYTES = 268_435_456;

/** Answers that clients do not read. Each is at most a body long: 512 clients at once must ask for the longest and not read it. */
const MAX_WAITING_BYTES = 536_870_912;

/** The request line and all header lines; past it the answer is a 431. Node's default, which a flag of its own may change. */
const MAX_HEADER_BYTES = 16_384;

/**
 * Nest's Express adapter with the wire APIs in front of Express: they never pay for its router. Express serves what {@link WireRouter.addExternal} leaves to it.
 *
 * Nest closes the adapter between `beforeApplicationShutdown` and `onApplicationShutdown`: requests in progress still need what they use until the latter.
 */
export class KvasirHttpAdapter extends ExpressAdapter {
  readonly router: WireRouter;
  readonly #logger: HttpLogger;
  readonly #timeouts: HttpTimeouts;
  readonly #dispatcher: WireDispatcher;
  readonly #messages: MessageClasses;
  readonly #servers: (http.Server | https.Server)[] = [];
  /** Connections that are open, to find those that never sent anything. */
  readonly #sockets = new Set<Socket>();
  /** Undefined where Node's HTTP reads every request. */
  readonly #plain: PlainConnections | undefined;
  #nestOptions: NestApplicationOptions = {};
  /** Takes the place of what the application was created with. */
  #renewedTls: TlsIdentity | undefined;
  #closing: Promise<void> | undefined;
  readonly #maxConnections: number | undefined;
  readonly #stalled: StalledWrites;
  #watch: NodeJS.Timeout | undefined;

  constructor(options: HttpAdapterOptions) {
    super();
    this.router = new WireRouter(options.fallbackApi);
    this.#logger = options.logger;
    this.#timeouts = { ...DEFAULT_HTTP_TIMEOUTS, ...options.timeouts };
    this.#maxConnections = options.maxConnections;
    this.#stalled = new StalledWrites(this.#sockets, {
      stallMs: this.#timeouts.stallMs,
      maxWaitingBytes: MAX_WAITING_BYTES,
      now: () => performance.now(),
    });
    this.#messages = expressMessages(this.getInstance<ExpressPrototypes>());
    this.disable('x-powered-by');
    this.disable('etag');
    const maxBodyBytes = options.maxBodyBytes ?? DEFAULT_REQUEST_LIMITS.maxBodyBytes;
    this.#dispatcher = new WireDispatcher(this.router, this.getInstance<http.RequestListener>(), {
      logger: options.logger,
      maxBodyBytes,
      bodyBudget: new BodyBudget(Math.max(options.maxBodiesBytes ?? DEFAULT_MAX_BODIES_BYTES, maxBodyBytes)),
      lingerMs: this.#timeouts.lingerMs,
      gate: options.gate,
      limiter: options.limiter,
      observer: options.observer,
      tracer: options.tracer,
      cors: options.corsOrigins === undefined ? undefined : new Cors(options.corsOrigins),
      fast: options.fast ?? true,
    });
    if ((options.fast ?? true) && (options.plain ?? true))
      this.#plain = new PlainConnections(this.#dispatcher, { ...this.#timeouts, now: () => performance.now() });
  }

  override initHttpServer(options: NestApplicationOptions | undefined): void {
    this.#nestOptions = options ?? {};
    this.#dispatcher.refuseWhileDraining = this.#nestOptions.return503OnClosing ?? false;
    this.setHttpServer(this.#createServer());
  }

  /** Bodies are read by the dispatcher, before Express; there is nothing left for a parser. */
  override registerParserMiddleware(): void {}

  /**
   * Serves the same application on one more port, after `app.listen` on the first.
   *
   * @param port 0 for any free one
   * @throws Error when the port cannot be had
   */
  async listenAlso(port: number, host: string): Promise<AddressInfo> {
    const server = this.#createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, () => {
        server.off('error', reject);
        resolve();
      });
    });
    return server.address() as AddressInfo;
  }

  /**
   * Shows this certificate to all who connect from now on; connections that are open keep theirs. For an application that is created with `httpsOptions`, also before it is.
   *
   * @throws Error when the two do not fit each other or are no PEM; the old ones stay
   */
  renewTls(identity: TlsIdentity): void {
    createSecureContext(identity);
    this.#renewedTls = identity;
    for (const server of this.#servers)
      if (server instanceof https.Server) server.setSecureContext({ ...this.#nestOptions.httpsOptions, ...identity });
  }

  override reply(response: unknown, body: unknown, statusCode?: number): unknown {
    if (!(body instanceof WireAnswer)) return super.reply(response, body, statusCode);
    const res = response as http.ServerResponse;
    const exchange = NodeExchange.of(res.req);
    if (exchange === undefined) throw new Error('a WireAnswer can only answer what came through the dispatcher');
    return this.#dispatcher.answer(exchange, body as WireAnswer);
  }

  /** Answers what went wrong in Express's pipeline. */
  fail(exchange: HttpExchange, error: unknown): void {
    this.#dispatcher.fail(exchange, error);
  }

  /** From here on every answer closes its connection. */
  override beforeClose(): void {
    super.beforeClose();
    this.#dispatcher.drain();
  }

  /**
   * Stops listening and closes idle connections at once; requests in progress are answered, with `Connection: close`; what is left after `drainMs` is cut off.
   */
  override close(): Promise<void> {
    this.beforeClose();
    const drainMs = this.#nestOptions.forceCloseConnections === true ? 0 : this.#timeouts.drainMs;
    return (this.#closing ??= closeServers(this.#servers, this.#sockets, drainMs, () =>
      this.#plain?.closeIdle(),
    ).finally(() => clearInterval(this.#watch)));
  }

  #check(): void {
    this.#stalled.check();
    this.#plain?.check();
  }

  #createServer(): http.Server | https.Server {
    const { httpsOptions } = this.#nestOptions;
    const options: http.ServerOptions = {
      ...this.#messages,
      headersTimeout: this.#timeouts.headersMs,
      requestTimeout: this.#timeouts.requestMs,
      keepAliveTimeout: this.#timeouts.keepAliveMs,
      connectionsCheckingInterval: this.#timeouts.checkIntervalMs,
      maxHeaderSize: MAX_HEADER_BYTES,
      // The dispatcher asks for Host, so that its absence is answered in the API's form.
      requireHostHeader: false,
    };
    const listener: http.RequestListener = (req, res) => this.#dispatcher.dispatch(req, res, 'nothing');
    const server =
      httpsOptions === undefined
        ? http.createServer(options, listener)
        : https.createServer(
            { handshakeTimeout: this.#timeouts.headersMs, ...options, ...httpsOptions, ...this.#renewedTls },
            listener,
          );
    server.timeout = this.#timeouts.stallMs;
    if (this.#maxConnections !== undefined) limitConnections(server, this.#maxConnections, this.#logger);
    server.once('listening', () => {
      // Node looks as often as it is told; what is handed over to it before must not be late twice.
      this.#watch ??= setInterval(() => this.#check(), this.#timeouts.checkIntervalMs / 2).unref();
    });
    // Before that, whoever asked to listen hears of errors.
    server.once('listening', () =>
      server.on('error', (error) => this.#logger.error({ err: error }, 'an HTTP server failed')),
    );
    server.on('checkContinue', (req: http.IncomingMessage, res: http.ServerResponse) =>
      this.#dispatcher.dispatch(req, res, 'continue'),
    );
    server.on('checkExpectation', (req: http.IncomingMessage, res: http.ServerResponse) =>
      this.#dispatcher.dispatch(req, res, 'unknown'),
    );
    server.on('clientError', (error: ParserError, socket: Socket) =>
      this.#dispatcher.refuseBrokenConnection(error, socket, server),
    );
    // Upgrades are no business of ours: without a listener for them Node hands them over as plain requests.
    server.on('connect', (_req: http.IncomingMessage, socket: Socket) => {
      socket.on('error', () => socket.destroy());
      endWithRefusal(
        socket,
        { status: 501, text: 'this is no proxy: CONNECT is not offered' },
        this.#timeouts.lingerMs,
      );
    });
    // There is nobody yet who could read an answer. Node hands the error on as a 'clientError'.
    server.prependListener('tlsClientError', (_error: Error, socket: Socket) => socket.destroy());
    this.#plain?.takeFrom(server, httpsOptions === undefined ? 'connection' : 'secureConnection');
    const track = (socket: Socket): void => {
      this.#sockets.add(socket);
      // A client that has sent all that it will: Node ends its connection at once, and an answer in the same turn would come too late.
      socket.prependListener('end', () => this.#dispatcher.flush());
      socket.once('close', () => this.#sockets.delete(socket));
    };
    server.on('connection', track);
    // With TLS, one that never sent anything is one whose encrypted side never did.
    server.on('secureConnection', track);
    this.#servers.push(server);
    return server;
  }
}
