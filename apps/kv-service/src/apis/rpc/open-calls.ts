import { status as Status } from '@grpc/grpc-js';
import type { Http2Server, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { OpenCall } from './open-call.js';
import { LoopTurns, Turns } from './turns.js';

/** How often is looked for what is late, in milliseconds. */
const CHECK_MS = 250;

/** Calls that begin in one turn of the event loop: each may have the longest answer there may be, and others wait meanwhile. */
const CALLS_A_TURN = 64;

const TOO_LATE = 'the request did not come whole in time; nothing was done';
const TOO_MUCH = 'there is no room left for large requests: too many are arriving; try again';

/** How long, and with how much memory, the service waits for those who call. */
export interface OpenCallsOptions {
  /** Milliseconds from a call's headers to the end of its request. */
  readonly requestMs: number;
  /** Milliseconds in which a client does not take a message that waits for it, as a whole. */
  readonly stallMs: number;
  /** The longest request, in bytes. */
  readonly maxMessageBytes: number;
  /** The most bytes that requests may take while they arrive, all together. */
  readonly maxArrivingBytes: number;
  /** The most bytes of answers that wait for their clients, all together. */
  readonly maxWaitingBytes: number;
  /** Milliseconds, never running backwards. */
  readonly now: () => number;
}

type StreamListener = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, flags: number) => void;

/**
 * Bounds how long calls may take to arrive and their answers to leave, and how much memory both may hold.
 *
 * @grpc/grpc-js does neither: it waits for ever for the rest of a message, keeps its pieces as they come, and keeps answers for clients that open no window for them.
 * The windows of HTTP/2 bound each stream and each connection, of which there may be many. It also unpacks all messages that come compressed side by side, each a thousand times as long
 * as what came: only so many of those are handed to it at once.
 */
export class OpenCalls {
  /** Those whose requests are not whole, the oldest first. */
  private readonly arriving = new Set<OpenCall>();
  /** Those whose requests are whole. */
  private readonly answering = new Set<OpenCall>();
  private readonly refused = new Set<OpenCall>();
  private readonly compressed: Turns<OpenCall>;
  private readonly timer: NodeJS.Timeout;
  /** Begun in this turn of the event loop, and in the one before. */
  private begun: ServerHttp2Stream[] = [];
  private begunBefore: ServerHttp2Stream[] = [];
  private arrivingBytes = 0;
  private readonly beginning = new LoopTurns(CALLS_A_TURN, () => this.check());
  private roomIsMade = false;

  /** @param server whose streams are calls; who listens to them already is told of each when it is its turn */
  constructor(
    server: Http2Server,
    private readonly options: OpenCallsOptions,
  ) {
    this.compressed = new Turns(Math.max(1, Math.floor(options.maxArrivingBytes / options.maxMessageBytes)));
    const listeners = server.listeners('stream') as StreamListener[];
    server.removeAllListeners('stream');
    server.on('stream', (stream, headers, flags) =>
      this.begin(stream, headers, () => {
        for (const listener of listeners) listener.call(server, stream, headers, flags);
      }),
    );
    this.timer = setInterval(() => this.check(), CHECK_MS);
    this.timer.unref();
  }

  /** Looks no more by itself. */
  close(): void {
    clearInterval(this.timer);
  }

  /** Looks at every call. It does so by itself, too. */
  check(): void {
    const now = this.options.now();
    for (const call of this.refused) {
      // Its client has had the time to take the answer, and may not want to.
      if (call.isLeaving) call.cut();
      call.isLeaving = true;
    }
    for (const call of this.arriving) {
      if (now - call.startedAt >= this.options.requestMs) this.refuse(call, Status.DEADLINE_EXCEEDED, TOO_LATE);
      // What has been answered already, with an error, need not go on.
      else if (call.stream.writableFinished) this.refuse(call, Status.CANCELLED, '');
    }
    this.cutSlowest(this.checkAnswers(now));
  }

  private begin(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, serve: () => void): void {
    // While it waits for its turn nobody else listens; what goes wrong with a stream ends it.
    stream.on('error', () => undefined);
    const isCompressed = (headers['grpc-encoding'] ?? 'identity') !== 'identity';
    if (isCompressed) this.beginCompressed(stream, serve);
    else
      this.beginInTurn(stream, () => {
        serve();
        this.watchLater(stream);
      });
  }

  private beginCompressed(stream: ServerHttp2Stream, serve: () => void): void {
    const call = this.watch(stream);
    stream.once('close', () => this.compressed.end(call));
    this.compressed.take(call, () =>
      this.beginInTurn(stream, () => {
        serve();
        this.countPieces(call);
      }),
    );
  }

  private beginInTurn(stream: ServerHttp2Stream, serve: () => void): void {
    this.beginning.take(() => {
      if (!stream.closed && !stream.destroyed) serve();
    });
  }

  /** Most calls are over by then, and take no more time than this. */
  private watchLater(stream: ServerHttp2Stream): void {
    this.begun.push(stream);
    if (this.begun.length === 1 && this.begunBefore.length === 0) setImmediate(() => this.nextTurn());
  }

  private nextTurn(): void {
    for (const stream of this.begunBefore) if (!stream.destroyed) this.countPieces(this.watch(stream));
    this.begunBefore = this.begun;
    this.begun = [];
    if (this.begunBefore.length > 0) setImmediate(() => this.nextTurn());
  }

  private watch(stream: ServerHttp2Stream): OpenCall {
    const call = new OpenCall(stream, this.options.now());
    stream.once('close', () => {
      this.arrived(call);
      this.answering.delete(call);
      this.refused.delete(call);
    });
    if (stream.readableEnded) this.answering.add(call);
    else this.watchRequest(call);
    return call;
  }

  private watchRequest(call: OpenCall): void {
    this.arriving.add(call);
    this.arrivingBytes += call.arrivedBytes;
    this.makeRoomSoon();
    call.stream.once('end', () => {
      if (!this.arriving.has(call)) return;
      this.arrived(call);
      call.waitingSince = this.options.now();
      this.answering.add(call);
    });
  }

  /** To be called when somebody else takes its request: it is not paused or lost for that. */
  private countPieces(call: OpenCall): void {
    if (!this.arriving.has(call)) return;
    call.stream.on('data', (piece: Buffer) => {
      if (!this.arriving.has(call)) return;
      this.arrivingBytes += call.add(piece);
      this.makeRoomSoon();
    });
  }

  private arrived(call: OpenCall): void {
    if (this.arriving.delete(call)) this.arrivingBytes -= call.arrivedBytes;
  }

  private refuse(call: OpenCall, code: Status, details: string): void {
    this.arrived(call);
    this.answering.delete(call);
    this.refused.add(call);
    call.refuse(code, details);
  }

  /** Not at once: whose end has come already, and is not told yet, is to be carried out, not refused. */
  private makeRoomSoon(): void {
    if (this.roomIsMade || this.arrivingBytes <= this.options.maxArrivingBytes) return;
    this.roomIsMade = true;
    setImmediate(() => this.makeRoom());
  }

  /** Who began first goes first: who is not slow is done before it is the oldest. */
  private makeRoom(): void {
    this.roomIsMade = false;
    for (const call of this.arriving) {
      if (this.arrivingBytes <= this.options.maxArrivingBytes) return;
      this.refuse(call, Status.UNAVAILABLE, TOO_MUCH);
    }
  }

  /** Cuts those whose clients do not take what waits for them. @returns how much waits for the others */
  private checkAnswers(now: number): number {
    let total = 0;
    for (const call of this.answering) {
      const waiting = call.stream.writableLength;
      if (waiting === 0 || waiting < call.waitingBytes) call.waitingSince = now;
      call.waitingBytes = waiting;
      if (now - call.waitingSince >= this.options.stallMs) call.cut();
      else total += waiting;
    }
    return total;
  }

  /** When too much waits, those go first whose clients have taken no message for the longest time. */
  private cutSlowest(waiting: number): void {
    if (waiting <= this.options.maxWaitingBytes) return;
    let left = waiting;
    for (const call of [...this.answering].sort((a, b) => a.waitingSince - b.waitingSince)) {
      if (left <= this.options.maxWaitingBytes) return;
      if (call.stream.destroyed) continue;
      left -= call.waitingBytes;
      if (call.waitingBytes > 0) call.cut();
    }
  }
}
