import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';

/** A request as far as its headers go, whoever read it from its connection. Node's `IncomingMessage` is one. */
export interface RequestHead {
  readonly method?: string | undefined;
  /** The request target as it came: latin1 text, one unit a byte. */
  readonly url?: string | undefined;
  readonly httpVersion: string;
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
  readonly socket: Socket;
}

/** Where an answer is written to; events and members mean what they mean of Node's `ServerResponse`, which is one. */
export interface ResponseTarget {
  /** Nobody is there any more to take what would be written. */
  readonly destroyed: boolean;
  readonly headersSent: boolean;
  readonly statusCode: number;
  readonly writableFinished: boolean;
  /** @param headers names and values in turn. @throws TypeError for what HTTP cannot carry */
  writeHead(status: number, headers: string[]): unknown;
  /** @returns false when it is better to wait for `drain` */
  write(piece: string): boolean;
  end(text?: string): unknown;
  destroy(): unknown;
  on(event: 'close' | 'drain', listener: () => void): unknown;
  once(event: 'close' | 'drain', listener: () => void): unknown;
  off(event: 'close' | 'drain', listener: () => void): unknown;
}
