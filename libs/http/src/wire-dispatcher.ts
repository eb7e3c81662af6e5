import type { Tracer } from '@kvasir/tracing';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Server, Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { admit, type AdmissionOptions, type Expectation } from './admission.js';
import { AnswerSender } from './answer-sender.js';
import type { Pieces } from './answer-writer.js';
import { PAGE_HEADERS } from './browser/page-headers.js';
import { BodyAbortedError, checkBodyHeaders, checkRoom, hasBody, readBody } from './body-reader.js';
import { bodyStream, isStreamingBody } from './body-stream.js';
import { endWithRefusal, refusalOfParserError } from './client-error.js';
import { errorHeaders, errorStatus } from './error-status.js';
import { NodeExchange, PlainExchange, type HttpExchange } from './http-exchange.js';
import type { HttpLogger } from './http-logger.js';
import type { BodyBudget } from './limits/body-collector.js';
import { afterAnswer, earlierAnswer, markBroken, pendingAnswer } from './pipelining.js';
import type { PlainRequest } from './plain/plain-request.js';
import type { PlainResponse } from './plain/plain-response.js';
import { decodeKey, splitTarget, type RawTarget } from './raw-path.js';
import { logCutShort, logUnexpected, logWhenAnswered, pathOf, requestId } from './request-log.js';
import { CLIENT_GONE, type RequestObserver } from './request-observer.js';
import { beginRequestSpan } from './request-span.js';
import { ReencodedConnection, unparsedRequest, type ParserError } from './reencoded-connection.js';
import { WireAnswer, type WireHeaders } from './wire-answer.js';
import { internalAnswer, internalRefusal, type WireApi } from './wire-errors.js';
import type { Caller } from './wire-gate.js';
import { WireQuery } from './wire-query.js';
import { WireRefusal } from './wire-refusal.js';
import { EMPTY_BODY, WireRequest } from './wire-request.js';
import type { WireMatch, WireRoute, WireRouter } from './wire-router.js';

/** What the dispatcher is set up with. */
export interface DispatcherOptions extends AdmissionOptions {
  readonly logger: HttpLogger;
  /** The longest body, in bytes. */
  readonly maxBodyBytes: number;
  /** What the bodies that are arriving may take together. */
  readonly bodyBudget: BodyBudget;
  /** How long to discard what a refused client still sends, in milliseconds. */
  readonly lingerMs: number;
  /** Told of every request; default: nobody is. */
  readonly observer?: RequestObserver;
  /** Makes a span of every request; default: there are no traces. */
  readonly tracer?: Tracer | undefined;
  /** true: handlers are called at once. false: through the pipeline of Express and Nest, with the same answers. */
  readonly fast: boolean;
}

/** Node's, for a request that takes longer than `requestMs`. */
const REQUEST_TIMEOUT = 'ERR_HTTP_REQUEST_TIMEOUT';

type RouteMatch = Extract<WireMatch, { readonly kind: 'route' }>;

type RequestOf = (body: Buffer, stream?: AsyncIterable<Buffer>) => WireRequest;

// Stands for any segment where the route is known already: no route has it as a literal.
const ANY_SEGMENT = '-';

/**
 * Stands in front of Express: takes every request, serves what the wire APIs own, and leaves to Express only what the router says is Express's.
 */
export class WireDispatcher {
  /** Refuse with a 503 while draining, instead of serving what still comes. */
  refuseWhileDraining = false;

  private readonly sender: AnswerSender;

  constructor(
    private readonly router: WireRouter,
    private readonly express: RequestListener,
    private readonly options: DispatcherOptions,
  ) {
    this.sender = new AnswerSender(options.logger, options.lingerMs, options.observer);
  }

  /** From here on every answer closes its connection. */
  drain(): void {
    this.sender.draining = true;
  }

  /** Sends every answer that is ready. To be called before a connection ends from our side. */
  flush(): void {
    this.sender.flush();
  }

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
        (error) => this.refuseBytes(error, req.socket),
      );
    }
  }

  /**
   * Serves a request that was read without Node's HTTP.
   *
   * @returns false for one that only Node's messages will do for, with which nothing has been done
   */
  dispatchPlain(req: PlainRequest, res: PlainResponse): boolean {
    const target = splitTarget(req.url);
    if (target === undefined) return false;
    const match = this.router.match(req.method, target.path);
    if (match.kind === 'express' || (match.kind === 'route' && match.route.streams !== undefined)) return false;
    const exchange = new PlainExchange(req, res, this.router.fallback);
    this.#begin(exchange);
    try {
      const caller = this.#admit(exchange, target.path, match, 'nothing');
      if (match.kind === 'refusal') throw match.refusal;
      if (caller instanceof WireAnswer) throw new Error('a plain request is no preflight: none is an OPTIONS');
      const requestOf = this.#requestOf(exchange, target, match, caller);
      if (hasBody(req.headers)) {
        checkBodyHeaders(req, this.options.maxBodyBytes);
        checkRoom(req.body, this.options.bodyBudget);
      }
      this.#serve(exchange, match.route, requestOf(req.body));
    } catch (error) {
      this.fail(exchange, error);
    }
    return true;
  }

  /** Deals with bytes that Node's parser refuses, behind the answers to the requests before them. */
  refuseBrokenConnection(error: ParserError, socket: Socket, server: Server): void {
    if (error.code === REQUEST_TIMEOUT && isStreamingBody(socket)) return;
    // Each further byte is another error of the parser.
    if (!markBroken(socket, error)) return;
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    // An answer that is ready comes before what is said of these bytes.
    this.flush();
    const proceed = (): void => {
      if (!socket.writable) return;
      const request = unparsedRequest(error);
      if (request === undefined) this.refuseBytes(error, socket);
      else
        server.emit(
          server instanceof TlsServer ? 'secureConnection' : 'connection',
          new ReencodedConnection(socket, request),
        );
    };
    const pending = pendingAnswer(socket);
    if (pending === undefined) proceed();
    else if (pending.req.complete) pending.once('close', proceed);
    else if (pending.headersSent) socket.destroySoon();
    else if (pending.socket !== null) proceed();
    // Otherwise the request's turn comes, and is answered so.
  }

  /** Answers bytes that are no request, and ends the connection. */
  refuseBytes({ code }: { readonly code?: string | undefined }, socket: Socket): void {
    // Not the error itself: it holds the bytes.
    this.options.logger.debug({ code }, 'a connection brought something that is not HTTP');
    endWithRefusal(socket, refusalOfParserError(code), this.options.lingerMs);
  }

  /**
   * Answers with what a handler gave.
   *
   * @returns a promise, which never fails, for an answer in pieces; undefined for one that leaves at the end of this turn
   */
  answer(exchange: HttpExchange, answer: WireAnswer): Promise<void> | undefined {
    if (exchange.res.destroyed) {
      this.sender.observe(exchange, CLIENT_GONE);
      return undefined;
    }
    const { cors } = this.options;
    if (cors !== undefined) answer = answer.withHeaders(cors.headersFor(exchange.req.headers));
    if (isInPieces(answer)) return this.#answerInPieces(exchange, answer);
    this.sender.send(exchange, answer);
    return undefined;
  }

  /** Answers what went wrong, in the form of the API that owns the path. */
  fail(exchange: HttpExchange, error: unknown): void {
    if (error instanceof BodyAbortedError) {
      const { req } = exchange;
      this.options.logger.debug({ id: requestId(req), method: req.method, path: pathOf(req) }, error.message);
      this.sender.observe(exchange, CLIENT_GONE);
      return;
    }
    if (exchange.res.headersSent) {
      const expected = errorStatus(error);
      if (expected === undefined) logUnexpected(this.options.logger, exchange, error);
      else logCutShort(this.options.logger, exchange, expected.text);
      exchange.res.destroy();
      this.sender.observe(exchange, expected?.status ?? 500);
      return;
    }
    void this.answer(exchange, this.#answerOf(exchange, error));
  }

  #setHeaders({ res }: NodeExchange, headers: WireHeaders): void {
    for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
  }

  #start(req: IncomingMessage, res: ServerResponse, expectation: Expectation): void {
    const exchange = new NodeExchange(req, res, this.router.fallback, expectation === 'continue');
    this.#begin(exchange);
    try {
      this.#route(exchange, expectation);
    } catch (error) {
      this.fail(exchange, error);
    }
  }

  /** From here on the request is measured, traced and logged. */
  #begin(exchange: HttpExchange): void {
    const { logger, observer, tracer } = this.options;
    if (observer !== undefined) exchange.startedAt = exchange.now();
    if (tracer !== undefined) this.#trace(tracer, exchange);
    if (logger.isLevelEnabled('debug')) logWhenAnswered(logger, exchange);
  }

  #trace(tracer: Tracer, exchange: HttpExchange): void {
    if (exchange.startedAt < 0) exchange.startedAt = exchange.now();
    exchange.span = beginRequestSpan(tracer, exchange.req, exchange.startedAt);
  }

  #route(exchange: NodeExchange, expectation: Expectation): void {
    const { req } = exchange;
    const method = req.method ?? '';
    const target = splitTarget(req.url ?? '');
    if (target === undefined) throw this.#refusalOfTarget(method, req.url ?? '');
    const match = this.router.match(method, target.path);
    const caller = this.#admit(exchange, target.path, match, expectation);
    if (caller instanceof WireAnswer) {
      void this.answer(exchange, caller);
      return;
    }
    if (match.kind === 'refusal') throw match.refusal;
    if (match.kind === 'express') {
      this.#leaveToExpress(exchange);
      return;
    }
    const { route } = match;
    const requestOf = this.#requestOf(exchange, target, match, caller);
    if (route.streams !== undefined && hasBody(req.headers)) {
      checkBodyHeaders(req, Infinity, route.streams);
      this.#serve(exchange, route, requestOf(EMPTY_BODY, bodyStream(exchange)));
    } else if (route.takesBody && hasBody(req.headers)) {
      void this.#serveWithBody(exchange, route, requestOf);
    } else {
      this.#serve(exchange, route, requestOf(EMPTY_BODY));
    }
  }

  #admit(
    exchange: HttpExchange,
    path: string,
    match: WireMatch,
    expectation: Expectation,
  ): Caller | WireAnswer<string> {
    const isStopping = this.sender.draining && this.refuseWhileDraining;
    return admit(exchange, path, match, expectation, isStopping, this.options);
  }

  /**
   * Decodes what the target of a request says.
   *
   * @returns makes the handler's request, once its body is there
   * @throws WireRefusal 400
   */
  #requestOf(
    { req }: HttpExchange,
    { path, query: rawQuery }: RawTarget,
    { route, rawParams }: RouteMatch,
    caller: Caller,
  ): RequestOf {
    const { method = '', url = '' } = req;
    const key = route.keyIndex < 0 ? '' : decodeKey(rawParams[route.keyIndex] ?? '', url.length);
    const query = WireQuery.parse(rawQuery);
    return (body, stream) => new WireRequest(method, path, route, rawParams, key, query, body, req, caller, stream);
  }

  #leaveToExpress(exchange: NodeExchange): void {
    const { req, res } = exchange;
    const { cors } = this.options;
    exchange.attach();
    res.setHeader('X-Content-Type-Options', 'nosniff');
    this.#setHeaders(exchange, PAGE_HEADERS);
    if (cors !== undefined) this.#setHeaders(exchange, cors.headersFor(req.headers));
    if (this.sender.draining) res.setHeader('Connection', 'close');
    if (exchange.startedAt >= 0)
      res.once('close', () => this.sender.observe(exchange, res.headersSent ? res.statusCode : CLIENT_GONE));
    this.express(req, res);
  }

  async #serveWithBody(exchange: NodeExchange, route: WireRoute, requestOf: RequestOf): Promise<void> {
    const { req, res } = exchange;
    try {
      checkBodyHeaders(req, this.options.maxBodyBytes);
      if (exchange.awaitsContinue) {
        exchange.awaitsContinue = false;
        res.writeContinue();
      }
      const body = await readBody(req, this.options.maxBodyBytes, this.options.bodyBudget);
      this.#serve(exchange, route, requestOf(body));
    } catch (error) {
      this.fail(exchange, error);
    }
  }

  #serve(exchange: HttpExchange, route: WireRoute, request: WireRequest): void {
    exchange.request = request;
    const { span } = exchange;
    if (span === undefined) {
      this.#handle(exchange, route, request);
    } else {
      request.span = span;
      this.options.tracer?.within(span, () => this.#handle(exchange, route, request));
    }
  }

  #handle(exchange: HttpExchange, route: WireRoute, request: WireRequest): void {
    if (!this.options.fast && exchange instanceof NodeExchange) {
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
  #serveThroughExpress(exchange: NodeExchange, route: WireRoute): void {
    const { req, res } = exchange;
    exchange.attach();
    Object.assign(req, { originalUrl: req.url });
    req.url = route.template.replace(/:[^/]+/g, ANY_SEGMENT);
    this.express(req, res);
  }

  async #answerInPieces(exchange: HttpExchange, answer: WireAnswer<Pieces>): Promise<void> {
    try {
      await this.sender.sendPieces(exchange, answer);
    } catch (error) {
      this.fail(exchange, error);
    }
  }

  #answerOf(exchange: HttpExchange, error: unknown): WireAnswer {
    try {
      const answer = answerInForm(exchange.api, error);
      if (answer !== undefined) return answer;
      logUnexpected(this.options.logger, exchange, error);
      return answerInForm(exchange.api, internalRefusal()) ?? internalAnswer();
    } catch (formError) {
      logUnexpected(this.options.logger, exchange, formError);
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
}

function isInPieces(answer: WireAnswer): answer is WireAnswer<Pieces> {
  return typeof answer.body !== 'string';
}

function answerInForm(api: WireApi, error: unknown): WireAnswer | undefined {
  const answer = api.errors.answer(error);
  const headers = errorHeaders(error);
  return headers === undefined ? answer : answer?.withHeaders(headers);
}
