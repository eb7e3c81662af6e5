import type { Socket } from 'node:net';
import { EMPTY_BODY } from '../wire-request.js';
import { PlainRequest, PlainRequestReader } from './plain-request.js';
import { PlainResponse, type AnsweringConnection } from './plain-response.js';

/** A longer request of which a part is there is Node's: the larger bodies that are arriving share a budget there. */
const MAX_WAITED_FOR_BYTES = 8192;

/** So much may come behind a request that is still being answered before no more is read. */
const MAX_HELD_BYTES = 65_536;

/** What is done with the requests of a connection. */
export interface PlainConnectionHost {
  /** See {@link AnsweringConnection.keepAliveFields}. */
  readonly keepAliveFields: string;
  /** Milliseconds, never running backwards. */
  readonly now: () => number;
  /** Serves a request; false says that it is not one to be served like this, and that nothing was done. */
  serve(request: PlainRequest, response: PlainResponse): boolean;
  /** Sends every answer that is ready. */
  flush(): void;
  /** Gives a connection to Node's HTTP, for good, and its end with it if that has come. @param bytes what was read of it and not served */
  handOver(connection: PlainConnection, bytes: Buffer): void;
  closed(connection: PlainConnection): void;
}

/**
 * A connection all of whose requests have been plain so far. The first that is not takes it to Node's HTTP.
 *
 * One request is served at a time; what comes behind it waits.
 */
export class PlainConnection implements AnsweringConnection {
  private activeAt: number;
  /** Since when there is nothing but a part of a request, or nothing at all yet; undefined once a request has been read, until the next begins. */
  unfinishedSince: number | undefined;
  private readonly reader = new PlainRequestReader();
  private response: PlainResponse | undefined;
  /** What came behind the request that is being answered. */
  private held: Buffer | undefined;
  /** The first part of a request. */
  private part: Buffer | undefined;
  private wholeLength = 0;
  private isReleased = false;

  constructor(
    readonly socket: Socket,
    private readonly host: PlainConnectionHost,
  ) {
    this.activeAt = host.now();
    this.unfinishedSince = this.activeAt;
    socket.on('data', this.onData);
    socket.on('drain', this.onDrain);
    // Before the one that a TLS socket has of its own, behind which nothing can be written any more.
    socket.prependListener('end', this.onEnd);
    socket.on('error', this.onError);
    socket.on('close', this.onClose);
  }

  /** When bytes came or left the last time, or the connection was opened. */
  get lastActive(): number {
    return this.activeAt;
  }

  get keepAliveFields(): string {
    return this.host.keepAliveFields;
  }

  /** Whether a request is being answered, or its client has yet to take the most of its answer. */
  get isBusy(): boolean {
    return this.response !== undefined;
  }

  /** Leaves a request that is still to come, or the rest of it, to Node's HTTP. */
  giveUpWaiting(): void {
    this.host.handOver(this, this.part ?? EMPTY_BODY);
  }

  moved(): void {
    this.activeAt = this.host.now();
  }

  answered(close: boolean): void {
    this.response = undefined;
    if (close) {
      // What comes now is read and thrown away: it would be done, and nobody could be told.
      this.socket.off('data', this.onData);
      this.socket.destroySoon();
      return;
    }
    const { held } = this;
    if (held === undefined) return;
    this.held = undefined;
    // Whether we did it: a pause that comes of reading is Node's.
    const isPaused = this.socket.isPaused();
    this.read(held);
    if (isPaused) this.socket.resume();
  }

  /** Nothing is told of the socket any more. */
  release(): void {
    const { socket } = this;
    this.isReleased = true;
    socket.off('data', this.onData);
    socket.off('drain', this.onDrain);
    socket.off('end', this.onEnd);
    socket.off('error', this.onError);
    socket.off('close', this.onClose);
  }

  private read(bytes: Buffer): void {
    const request = this.reader.read(bytes, this.socket);
    if (typeof request === 'number') {
      if (request <= MAX_WAITED_FOR_BYTES) {
        this.part = bytes;
        this.unfinishedSince = this.activeAt;
        this.wholeLength = request;
        return;
      }
    } else if (request !== undefined) {
      this.unfinishedSince = undefined;
      this.response = new PlainResponse(this, request.method === 'HEAD');
      if (this.host.serve(request, this.response)) return;
      this.response = undefined;
    }
    this.host.handOver(this, bytes);
  }

  private readonly onData = (bytes: Buffer): void => {
    this.moved();
    if (this.part !== undefined) {
      const there = Buffer.concat([this.part, bytes]);
      this.part = there.length < this.wholeLength ? there : undefined;
      if (this.part === undefined) this.read(there);
      return;
    }
    if (this.response === undefined) {
      this.read(bytes);
      return;
    }
    this.held = this.held === undefined ? bytes : Buffer.concat([this.held, bytes]);
    if (this.held.length >= MAX_HELD_BYTES) this.socket.pause();
  };

  private readonly onDrain = (): void => {
    this.moved();
    this.response?.emit('drain');
  };

  /** As Node's HTTP does: a client that sends no more gets what is ready; one that leaves off in the midst of what is no plain request hears of that, behind the answer to the request before. */
  private readonly onEnd = (): void => {
    this.host.flush();
    // By an answer that was ready.
    if (this.isReleased) return;
    const { part, held } = this;
    if (part !== undefined) this.host.handOver(this, part);
    else if (held === undefined || this.reader.read(held, this.socket) instanceof PlainRequest) this.socket.end();
  };

  private readonly onError = (): void => {
    this.socket.destroy();
  };

  private readonly onClose = (): void => {
    this.host.closed(this);
    this.response?.emit('close');
  };
}
