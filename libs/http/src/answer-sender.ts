import type { Duplex } from 'node:stream';
import { writePieces, writeText, type Pieces, type WriteOptions } from './answer-writer.js';
import { isChunked } from './body-reader.js';
import { NodeExchange, type HttpExchange } from './http-exchange.js';
import type { HttpLogger } from './http-logger.js';
import { logUnexpected } from './request-log.js';
import { CLIENT_GONE, type RequestObserver } from './request-observer.js';
import { endRequestSpan } from './request-span.js';
import { ReencodedConnection } from './reencoded-connection.js';
import type { WireAnswer } from './wire-answer.js';
import { internalAnswer } from './wire-errors.js';
import { WriteQueue } from './write-queue.js';

// An unread body up to this size is discarded and the connection kept.
const MAX_DISCARDED_BYTES = 65_536;

/** Sends answers, and says of each whether its connection goes on. */
export class AnswerSender {
  /** From when the service began to stop: every answer closes its connection. */
  draining = false;

  private readonly queue = new WriteQueue<HttpExchange>((exchange) => this.write(exchange));

  /** @param lingerMs how long to discard what a refused client still sends, in milliseconds */
  constructor(
    private readonly logger: HttpLogger,
    private readonly lingerMs: number,
    private readonly observer?: RequestObserver,
  ) {}

  /** Tells the observer, and the trace, what became of a request, once. */
  observe(exchange: HttpExchange, status: number): void {
    const { startedAt, route, api, req, span } = exchange;
    if (startedAt < 0) return;
    exchange.startedAt = -1;
    const now = status === CLIENT_GONE ? performance.now() : exchange.now();
    this.observer?.answered(route, api, req.method ?? '', status, now - startedAt);
    if (span !== undefined) endRequestSpan(span, exchange, status, this.logger.isLevelEnabled('debug'));
  }

  /** Sends an answer as a whole, at the end of this turn of the event loop. */
  send(exchange: HttpExchange, answer: WireAnswer<string>): void {
    exchange.answer = answer;
    this.queue.add(exchange);
  }

  /** Sends an answer in pieces. @throws as {@link writePieces} does */
  async sendPieces(exchange: HttpExchange, answer: WireAnswer<Pieces>): Promise<void> {
    const { res } = exchange;
    await writePieces(exchange, answer, this.optionsFor(exchange));
    this.observe(exchange, res.destroyed && !res.writableFinished ? CLIENT_GONE : answer.status);
  }

  /** Sends now what would leave at the end of this turn: the connection of one of them is about to end. */
  flush(): void {
    this.queue.flush();
  }

  private write(exchange: HttpExchange): void {
    const { res, answer } = exchange;
    // The client is gone, and with it whoever would read this; or another answer came first.
    if (answer === undefined || res.destroyed || res.headersSent) {
      this.observe(exchange, CLIENT_GONE);
      return;
    }
    const options = this.optionsFor(exchange);
    try {
      writeText(exchange, answer, options);
      this.observe(exchange, answer.status);
    } catch (error) {
      // Headers that HTTP cannot carry: an error in an API's code.
      logUnexpected(this.logger, exchange, error);
      const failed = internalAnswer();
      writeText(exchange, failed, options);
      this.observe(exchange, failed.status);
    }
  }

  private optionsFor(exchange: HttpExchange): WriteOptions {
    const unread = leavesBodyUnread(exchange);
    return {
      close: unread || this.draining || isReencoded(exchange.req.socket),
      lingerMs: unread ? this.lingerMs : 0,
    };
  }
}

/** Whether too much of the request is still to come for the connection to be used again, or nobody can be sure where it ends. */
function leavesBodyUnread(exchange: HttpExchange): boolean {
  // A plain request was read whole.
  if (!(exchange instanceof NodeExchange)) return false;
  const { req, awaitsContinue } = exchange;
  if (awaitsContinue) return true;
  const { 'transfer-encoding': transfer, 'content-length': length } = req.headers;
  if (transfer !== undefined) return !req.complete || !isChunked(transfer);
  return !req.complete && length !== undefined && Number(length) > MAX_DISCARDED_BYTES;
}

function isReencoded(socket: Duplex): boolean {
  return socket instanceof ReencodedConnection;
}
