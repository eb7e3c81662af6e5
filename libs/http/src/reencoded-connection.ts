import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

const LF = 0x0a;
const HIGHEST_ASCII = 0x7f;

/** What Node tells of bytes that its parser refuses. */
export interface ParserError extends NodeJS.ErrnoException {
  /** The bytes that were being parsed. */
  readonly rawPacket?: Buffer;
  /** Where in them the parser stopped. */
  readonly bytesParsed?: number;
}

// No method of these is the end of another method's name, so that the match is what the parser had read.
const REQUEST_LINE_START = /(?:GET|HEAD|PUT|POST|DELETE|PATCH|OPTIONS|TRACE) [^ \r\n]*$/;

/**
 * Node's parser refuses a request target with a byte above 127, which keys may have unencoded (docs/contracts/README.md "Keys"; curl sends what it is given). The request can still be
 * served when its line began in the same packet.
 *
 * @returns the bytes from the start of that request on; undefined when the error is another one
 */
export function unparsedRequest(error: ParserError): Buffer | undefined {
  const { rawPacket, bytesParsed } = error;
  if (error.code !== 'HPE_INVALID_URL' || rawPacket === undefined || bytesParsed === undefined) return undefined;
  if ((rawPacket[bytesParsed] ?? 0) <= HIGHEST_ASCII) return undefined;
  const start = rawPacket.toString('latin1', 0, bytesParsed).search(REQUEST_LINE_START);
  return start < 0 ? undefined : Buffer.from(rawPacket.subarray(start));
}

/**
 * A connection whose next request line has its bytes above 127 percent-encoded before they reach the parser; everything behind that line passes as it is. It is given to the HTTP
 * server in place of its socket, and ends with its first answer.
 */
export class ReencodedConnection extends Duplex {
  #inRequestLine = true;

  /**
   * @param socket a connection that Node's parser gave up
   * @param first what was read from it and not served
   */
  constructor(
    readonly socket: Socket,
    first: Buffer,
  ) {
    super();
    // The parser that failed would go on reporting each byte as an error.
    socket.removeAllListeners('data');
    socket.removeAllListeners('end');
    socket.on('data', (chunk: Buffer) => {
      if (!this.push(this.#encoded(chunk))) socket.pause();
    });
    socket.on('end', () => this.push(null));
    socket.on('close', () => this.destroy());
    this.push(this.#encoded(first));
  }

  get remoteAddress(): string | undefined {
    return this.socket.remoteAddress;
  }

  /** As a socket's: ends it behind what was written. */
  destroySoon(): void {
    this.end();
  }

  override _read(): void {
    this.socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.socket.write(chunk, callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.socket.destroySoon();
    callback();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.socket.destroy();
    callback(error);
  }

  #encoded(chunk: Buffer): Buffer {
    if (!this.#inRequestLine) return chunk;
    const end = chunk.indexOf(LF);
    this.#inRequestLine = end < 0;
    const line = end < 0 ? chunk : chunk.subarray(0, end);
    const encoded = line
      .toString('latin1')
      .replace(/[\u0080-\u00ff]/g, (unit) => `%${unit.charCodeAt(0).toString(16).toUpperCase()}`);
    return Buffer.concat([Buffer.from(encoded, 'latin1'), chunk.subarray(line.length)]);
  }
}
