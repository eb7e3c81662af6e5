import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { JSON_CONTENT_TYPE } from './wire-answer.js';
import { problemAnswer } from './wire-errors.js';

interface RawRefusal {
  readonly status: number;
  readonly text: string;
}

/** What a parser error means to the one who sent the bytes. The texts tell nothing of the bytes themselves. */
export function refusalOfParserError(code: string | undefined): RawRefusal {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return { status: 431, text: 'the request line and the headers are too long' };
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return { status: 413, text: 'the chunk extensions are too long' };
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { status: 408, text: 'the request did not arrive in time' };
    default:
      return { status: 400, text: 'this is not a valid HTTP request' };
  }
}

/** Answers on a socket that has no response object, in the default error form, and closes it after `lingerMs` or when the client does. */
export function endWithRefusal(socket: Socket, refusal: RawRefusal, lingerMs: number): void {
  const { body } = problemAnswer(refusal.status, refusal.text);
  socket.end(
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? 'Error'}\r\n` +
      `Content-Type: ${JSON_CONTENT_TYPE}\r\nX-Content-Type-Options: nosniff\r\nContent-Length: ${Buffer.byteLength(body)}\r\nDate: ${new Date().toUTCString()}\r\nConnection: close\r\n\r\n${body}`,
  );
  // Closing at once, with bytes unread, would be a reset that takes the answer with it.
  const timer = setTimeout(() => socket.destroy(), lingerMs);
  socket.once('close', () => clearTimeout(timer));
  socket.resume();
}
