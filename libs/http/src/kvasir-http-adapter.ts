import type { NestApplicationOptions } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { DEFAULT_REQUEST_LIMITS } from '@kvasir/kv-core';
import * as http from 'node:http';
import * as https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { endWithRefusal } from './client-error.js';
import { closeServers } from './graceful-close.js';
import { HttpExchange } from './http-exchange.js';
import type { HttpLogger } from './http-logger.js';
import type { ParserError } from './reencoded-connection.js';
import { WireAnswer } from './wire-answer.js';
import { WireDispatcher, type WireGate } from './wire-dispatcher.js';
import type { WireApi } from './wire-errors.js';
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
  /** Whether wire routes skip Express and Nest's pipeline; default true. The answers are the same either way. */
  readonly fast?: boolean;
  readonly timeouts?: Partial<HttpTimeouts>;
  /** Owns every path that no API owns, such as unknown ones; default `DEFAULT_API`. */
  readonly fallbackApi?: WireApi;
  /** Asked for every request, before anything else is done with it; default: all may go on. */
  readonly gate?: WireGate;
}

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
  readonly #servers: (http.Server | https.Server)[] = [];
  /** Connections that are open, to find those that never sent anything. */
  readonly #sockets = new Set<Socket>();
  #nestOptions: NestApplicationOptions = {};
  #closing: Promise<void> | undefined;

  constructor(options: HttpAdapterOptions) {
    super();
    this.router = new WireRouter(options.fallbackApi);
    this.#logger = options.logger;
    this.#timeouts = { ...DEFAULT_HTTP_TIMEOUTS, ...options.timeouts };
    this.disable('x-powered-by');
    this.disable('etag');
    this.#dispatcher = new WireDispatcher(this.router, this.getInstance<http.RequestListener>(), {
      logger: options.logger,
      maxBodyBytes: options.maxBodyBytes ?? DEFAULT_REQUEST_LIMITS.maxBodyBytes,
      lingerMs: this.#timeouts.lingerMs,
      gate: options.gate,
      fast: options.fast ?? true,
    });
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

  override reply(response: unknown, body: unknown, statusCode?: number): unknown {
    if (!(body instanceof WireAnswer)) return super.reply(response, body, statusCode);
    const res = response as http.ServerResponse;
    const exchange = HttpExchange.of(res.req);
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
    this.#dispatcher.draining = true;
  }

  /**
   * Stops listening and closes idle connections at once; requests in progress are answered, with `Connection: close`; what is left after `drainMs` is cut off.
   */
  override close(): Promise<void> {
    this.beforeClose();
    const drainMs = this.#nestOptions.forceCloseConnections === true ? 0 : this.#timeouts.drainMs;
    return (this.#closing ??= closeServers(this.#servers, this.#sockets, drainMs));
  }

  #createServer(): http.Server | https.Server {
    const { httpsOptions } = this.#nestOptions;
    const { request, response } = this.getInstance<{ request: http.IncomingMessage; response: http.ServerResponse }>();
    const options: http.ServerOptions = {
      // Express sets the prototype of each message, which makes it slow, unless it has the right one from birth.
      IncomingMessage: withPrototype(http.IncomingMessage, request),
      ServerResponse: withPrototype<typeof http.ServerResponse>(http.ServerResponse, response),
      headersTimeout: this.#timeouts.headersMs,
      requestTimeout: this.#timeouts.requestMs,
      keepAliveTimeout: this.#timeouts.keepAliveMs,
      connectionsCheckingInterval: this.#timeouts.checkIntervalMs,
      // The dispatcher asks for Host, so that its absence is answered in the API's form.
      requireHostHeader: false,
    };
    const listener: http.RequestListener = (req, res) => this.#dispatcher.dispatch(req, res, 'nothing');
    const server =
      httpsOptions === undefined
        ? http.createServer(options, listener)
        : https.createServer({ ...options, ...httpsOptions }, listener);
    server.timeout = this.#timeouts.stallMs;
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
    server.on(httpsOptions === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    this.#servers.push(server);
    return server;
  }
}

/**
 * A constructor that sets its instances up as `base` does and gives them exactly this prototype, which an ES class cannot have.
 *
 * Node's message classes are functions that can be called like this. `Reflect.construct` would do as well, but its objects cost 110 µs more a request on Node 20.
 */
function withPrototype<T extends new (...args: never[]) => object>(base: T, prototype: object): T {
  function Message(this: object, ...args: unknown[]): void {
    Reflect.apply(base, this, args);
  }
  Message.prototype = prototype;
  return Message as unknown as T;
}
