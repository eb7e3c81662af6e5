import { EventEmitter } from 'node:events';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { ResponseTarget } from '../http-messages.js';
import { httpDate } from './http-date.js';

/** What HTTP carries in a header's value (RFC 9110 section 5.5), and no byte above 127: nothing that is answered here has one. */
const FIELD_VALUE = /^[\t\x20-\x7e]*$/;

/** Told by its connection what becomes of the socket, and tells it what becomes of the answer. */
export interface AnsweringConnection {
  readonly socket: Socket;
  /** To be called when an answer, or a piece of one, leaves: the connection is not stalled. */
  moved(): void;
  /** When bytes came or left the last time. Milliseconds, by the clock of the connections. */
  readonly lastActive: number;
  /** The end of the header section that says how long the connection may be idle: `Connection: keep-alive` and `Keep-Alive`. */
  readonly keepAliveFields: string;
  /** All of the answer was handed to the socket, and the client has taken so much of it that there is room for another. @param close it said that the connection closes */
  answered(close: boolean): void;
}

/** The answer to a plain request, written as Node's `ServerResponse` would write it, byte for byte. */
export class PlainResponse implements ResponseTarget {
  statusCode = 200;
  headersSent = false;
  private head = '';
  private chunked = false;
  private closes = false;
  private ended = false;
  private isTaken = false;
  private events: EventEmitter | undefined;

  /** @param isForHead the request was a HEAD: an answer to it has no body, and no end of one */
  constructor(
    private readonly connection: AnsweringConnection,
    private readonly isForHead: boolean,
  ) {}

  /** When bytes of its connection came or left the last time. */
  get movedAt(): number {
    return this.connection.lastActive;
  }

  get destroyed(): boolean {
    return !this.ended && !this.connection.socket.writable;
  }

  get writableFinished(): boolean {
    return this.isTaken || (this.ended && this.connection.socket.writableFinished);
  }

  writeHead(status: number, headers: readonly string[]): void {
    let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'unknown'}\r\n`;
    for (let at = 0; at < headers.length; at += 2) {
      const name = headers[at] ?? '';
      const value = headers[at + 1] ?? '';
      if (!FIELD_VALUE.test(value)) throw new TypeError(`the header ${name} has a character that HTTP does not carry`);
      head += `${name}: ${value}\r\n`;
      if (name === 'Connection') this.closes = value === 'close';
      else if (name === 'Transfer-Encoding') this.chunked = true;
    }
    head += `Date: ${httpDate()}\r\n`;
    this.statusCode = status;
    this.head = this.closes ? `${head}\r\n` : head + this.connection.keepAliveFields;
    this.headersSent = true;
  }

  write(piece: string): boolean {
    if (piece === '') return true;
    this.connection.moved();
    return this.send(`${Buffer.byteLength(piece).toString(16)}\r\n${piece}\r\n`);
  }

  end(text = ''): void {
    this.ended = true;
    this.connection.moved();
    // Otherwise when the socket says `drain`, as Node's HTTP does: a client that asks without reading gets no further answer.
    if (this.send(this.chunked && !this.isForHead ? '0\r\n\r\n' : text)) this.finish();
  }

  destroy(): void {
    this.connection.socket.destroy();
  }

  /** To be called with what the socket says. */
  emit(event: 'close' | 'drain'): void {
    if (event === 'drain' && this.ended) this.finish();
    else this.events?.emit(event);
  }

  on(event: 'close' | 'drain', listener: () => void): void {
    (this.events ??= new EventEmitter()).on(event, listener);
  }

  once(event: 'close' | 'drain', listener: () => void): void {
    (this.events ??= new EventEmitter()).once(event, listener);
  }

  off(event: 'close' | 'drain', listener: () => void): void {
    this.events?.off(event, listener);
  }

  private finish(): void {
    this.isTaken = true;
    this.connection.answered(this.closes);
    this.events?.emit('close');
  }

  /** The header section leaves with the first of the body. */
  private send(text: string): boolean {
    const { socket } = this.connection;
    const { head } = this;
    this.head = '';
    // One byte a unit is the quicker way, and that of nearly all answers.
    if (Buffer.byteLength(text) === text.length) return socket.write(head + text, 'latin1');
    return socket.write(head + text, 'utf8');
  }
}
