import type { IncomingHttpHeaders, IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Server, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Server as TlsServer } from 'node:tls';
import { writePieces, writeText, type WriteOptions } from './answer-writer.js';
import { BodyAbortedError, checkBodyHeaders, hasBody, readBody } from './body-reader.js';
import { endWithRefusal, refusalOfParserError } from './client-error.js';
import { HttpExchange } from './http-exchange.js';
import type { HttpLogger } from './http-logger.js';
import { afterAnswer, earlierAnswer, markBroken, pendingAnswer } from './pipelining.js';
import { decodeKey, splitTarget } from './raw-path.js';
import { ReencodedConnection, unparsedRequest, type ParserError } from './reencoded-connection.js';
import { WireAnswer, type WireBody } from './wire-answer.js';
import { internalRefusal, problemAnswer, type WireApi } from './wire-errors.js';
import { WireQuery } from './wire-query.js';
import { WireRefusal } from './wire-refusal.js';
import { EMPTY_BODY, WireRequest } from './wire-request.js';
import type { WireRoute, WireRouter } from './wire-router.js';

/**
 * Says whether a request may go on, by its headers alone: asked before its key is decoded, its body read or its handler called, and whether or not there is a route for it.
 *
 * @param path raw, starting with a slash
 * @returns the refusal to answer it with
 */
export type WireGate = (method: string, path: string, headers: IncomingHttpHeaders) => WireRefusal | undefined;

/** What the dispatcher is set up with. */
export interface DispatcherOptions {
  readonly logger: HttpLogger;
  /** The longest body, in bytes. */
  readonly maxBodyBytes: number;
  /** How long to discard what a refused client still sends, in milliseconds. */
  readonly lingerMs: number;
  readonly gate?: WireGate;
  /** true: handlers are called at once. false: through the pipeline of Express and Nest, with the same answers. */
  readonly fast: boolean;
}

/** The client's side of `Expect` (RFC 9110 section 10.1.1): nothing, `100-continue`, or something that nobody knows. */
export type Expectation = 'nothing' | 'continue' | 'unknown';

// An unread body up to this size is discarded and the connection kept.
const MAX_DISCARDED_BYTES = 65_536;

// Stands for any segment where the route is known already: no route has it as a literal.
const ANY_SEGMENT = '-';

/**
 * Stands in front of Express: takes every request, serves what the wire APIs own, and leaves to Express only what the router says is Express's.
 */
export class WireDispatcher {
  /** From when the service began to stop: every answer closes its connection. */
  draining = false;
  /** Refuse with a 503 while draining, instead of serving what still comes. */
  refuseWhileDraining = false;

  constructor(
    private readonly router: WireRouter,
    private readonly express: RequestListener,
    private readonly options: DispatcherOptions,
  ) {}

  /** Serves a request, after those that came before it on its connection. */
  dispatch(req: IncomingMessage, res: ServerResponse, expectation: Expectation): void {
    const earlier = earlierAnswer(req, res);
    if (earlier === undefined) {
      this.#start(req, res, expectation);
    } else {
      afterAnswer(
        earlier,
        req,
        () => this.#start(req, res, expectation),
        (error) => this.#refuseBytes(error, req.socket),
      );
    }
  }

  /** Deals with bytes that Node's parser refuses, behind the answers to the requests before them. */
  refuseBrokenConnection(error: ParserError, socket: Socket, server: Server): void {
    // Each further byte is another error of the parser.
    if (!markBroken(socket, error)) return;
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const proceed = (): void => {
      if (!socket.writable) return;
      const request = unparsedRequest(error);
      if (request === undefined) this.#refuseBytes(error, socket);
      else
        server.emit(
          server instanceof TlsServer ? 'secureConnection' : 'connection',
          new ReencodedConnection(socket, request),
        );
    };
    const pending = pendingAnswer(socket);
    if (pending === undefined) proceed();
    else if (pending.req.complete) pending.once('close', proceed);
    else if (pending.headersSent) socket.destroy();
    else if (pending.socket !== null) proceed();
    // Otherwise the request's turn comes, and is answered so.
  }

  /**
   * Answers with what a handler gave.
   *
   * @returns a promise, which never fails, for an answer in pieces; undefined when the answer has been written
   */
  answer(exchange: HttpExchange, answer: WireAnswer): Promise<void> | undefined {
    const { req, res } = exchange;
    // The client is gone, and with it whoever would read this.
    if (res.destroyed) return undefined;
    const unread = this.#leavesBodyUnread(exchange);
    const options = {
      close: unread || this.draining || isReencoded(req.socket),
      lingerMs: unread ? this.options.lingerMs : 0,
    };
    const { body } = answer;
    if (typeof body !== 'string') return this.#answerInPieces(exchange, answer, body, options);
    try {
      writeText(req, res, answer, body, options);
    } catch (error) {
      // Headers that HTTP cannot carry: an error in an API's code.
      this.#logUnexpected(exchange, error);
      const fallback = internalAnswer();
      writeText(req, res, fallback, fallback.body, options);
    }
    return undefined;
  }

  /** Answers what went wrong, in the form of the API that owns the path. */
  fail(exchange: HttpExchange, error: unknown): void {
    if (error instanceof BodyAbortedError) {
      this.options.logger.debug({ method: exchange.req.method, path: exchange.req.url }, error.message);
      return;
    }
    if (exchange.res.headersSent) {
      this.#logUnexpected(exchange, error);
      exchange.res.destroy();
      return;
    }
    void this.answer(exchange, this.#answerOf(exchange, error));
  }

  #refuseBytes(error: ParserError, socket: Socket): void {
    this.options.logger.debug({ err: error }, 'a connection brought something that is not HTTP');
    endWithRefusal(socket, refusalOfParserError(error), this.options.lingerMs);
  }

  #start(req: IncomingMessage, res: ServerResponse, expectation: Expectation): void {
    if (this.options.logger.isLevelEnabled('debug')) this.#logWhenAnswered(req, res);
    const exchange = new HttpExchange(req, res, this.router.fallback, expectation === 'continue');
    try {
      this.#route(exchange, expectation);
    } catch (error) {
      this.fail(exchange, error);
    }
  }

  #route(exchange: HttpExchange, expectation: Expectation): void {
    const { req, res } = exchange;
    const method = req.method ?? '';
    const target = req.url ?? '';
    const parts = splitTarget(target);
    if (parts === undefined) throw this.#refusalOfTarget(method, target);
    const match = this.router.match(method, parts.path);
    if (match.kind === 'refusal') exchange.api = match.api;
    else if (match.kind === 'route') exchange.api = match.route.api;
    if (req.headers.host === undefined && req.httpVersion === '1.1')
      throw new WireRefusal(400, 'the request has no Host header, which HTTP/1.1 asks for');
    if (expectation === 'unknown')
      throw new WireRefusal(417, `'Expect: ${req.headers.expect}' is not known here; only 100-continue is`);
    if (this.draining && this.refuseWhileDraining) throw new WireRefusal(503, 'the service is stopping');
    const shut = this.options.gate?.(method, parts.path, req.headers);
    if (shut !== undefined) throw shut;
    if (match.kind === 'refusal') throw match.refusal;
    if (match.kind === 'express') {
      exchange.attach();
      if (this.draining) res.setHeader('Connection', 'close');
      this.express(req, res);
      return;
    }
    const { route, rawParams } = match;
    const key = route.keyIndex < 0 ? '' : decodeKey(rawParams[route.keyIndex] ?? '', target.length);
    const query = WireQuery.parse(parts.query);
    if (route.takesBody && hasBody(req.headers)) {
      void this.#serveWithBody(
        exchange,
        route,
        (body) => new WireRequest(method, parts.path, route, rawParams, key, query, body, req),
      );
    } else {
      this.#serve(exchange, route, new WireRequest(method, parts.path, route, rawParams, key, query, EMPTY_BODY, req));
    }
  }

  async #serveWithBody(
    exchange: HttpExchange,
    route: WireRoute,
    requestOf: (body: Buffer) => WireRequest,
  ): Promise<void> {
    const { req, res } = exchange;
    try {
      checkBodyHeaders(req, this.options.maxBodyBytes);
      if (exchange.awaitsContinue) {
        exchange.awaitsContinue = false;
        res.writeContinue();
      }
      const body = await readBody(req, this.options.maxBodyBytes);
      this.#serve(exchange, route, requestOf(body));
    } catch (error) {
      this.fail(exchange, error);
    }
  }

  #serve(exchange: HttpExchange, route: WireRoute, request: WireRequest): void {
    exchange.request = request;
    if (!this.options.fast) {
      this.#serveThroughExpress(exchange, route);
      return;
    }
    const answer = route.handler(request);
    if (answer instanceof WireAnswer) void this.answer(exchange, answer);
    else void this.#writeWhenReady(exchange, answer);
  }

  async #writeWhenReady(exchange: HttpExchange, pending: Promise<WireAnswer>): Promise<void> {
    try {
      await this.answer(exchange, await pending);
    } catch (error) {
      this.fail(exchange, error);
    }
  }

  /** Nest finds the handler once more by a path that only this route fits; the decorated parameter gets the request that is read already. */
  #serveThroughExpress(exchange: HttpExchange, route: WireRoute): void {
    const { req, res } = exchange;
    exchange.attach();
    Object.assign(req, { originalUrl: req.url });
    req.url = route.template.replace(/:[^/]+/g, ANY_SEGMENT);
    this.express(req, res);
  }

  async #answerInPieces(
    exchange: HttpExchange,
    answer: WireAnswer,
    body: Exclude<WireBody, string>,
    options: WriteOptions,
  ): Promise<void> {
    try {
      await writePieces(exchange.req, exchange.res, answer, body, options);
    } catch (error) {
      this.fail(exchange, error);
    }
  }

  /** Whether too much of the request is still to come for the connection to be used again. */
  #leavesBodyUnread({ req, awaitsContinue }: HttpExchange): boolean {
    if (awaitsContinue) return true;
    if (req.complete) return false;
    const length = req.headers['content-length'];
    if (req.headers['transfer-encoding'] !== undefined) return true;
    return length !== undefined && Number(length) > MAX_DISCARDED_BYTES;
  }

  #answerOf(exchange: HttpExchange, error: unknown): WireAnswer {
    try {
      const answer = answerInForm(exchange.api, error);
      if (answer !== undefined) return answer;
      this.#logUnexpected(exchange, error);
      return answerInForm(exchange.api, internalRefusal()) ?? internalAnswer();
    } catch (formError) {
      this.#logUnexpected(exchange, formError);
      return internalAnswer();
    }
  }

  #refusalOfTarget(method: string, target: string): WireRefusal {
    if (target !== '*')
      return new WireRefusal(400, 'the request target is not a path; it must start with a slash or with http://host/');
    const allow = this.router.allowOfServer();
    return new WireRefusal(405, `the method ${method} is not allowed here; allowed are ${allow}`, {
      headers: { Allow: allow },
    });
  }

  #logUnexpected({ req, api }: HttpExchange, error: unknown): void {
    this.options.logger.error(
      { err: error, api: api.name, method: req.method, path: req.url },
      'a request failed unexpectedly',
    );
  }

  #logWhenAnswered(req: IncomingMessage, res: ServerResponse): void {
    const startedAt = performance.now();
    const { method, url } = req;
    res.once('close', () => {
      const ms = Math.round((performance.now() - startedAt) * 1000) / 1000;
      this.options.logger.debug(
        { method, path: url, status: res.statusCode, sent: res.writableFinished, ms },
        'request',
      );
    });
  }
}

function isReencoded(socket: Duplex): boolean {
  return socket instanceof ReencodedConnection;
}

function internalAnswer(): WireAnswer<string> {
  const { status, message } = internalRefusal();
  return problemAnswer(status, message);
}

function answerInForm(api: WireApi, error: unknown): WireAnswer | undefined {
  const answer = api.errors.answer(error);
  return answer !== undefined && error instanceof WireRefusal && error.headers !== undefined
    ? answer.withHeaders(error.headers)
    : answer;
}
