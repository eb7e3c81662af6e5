import type { status as Status } from '@grpc/grpc-js';
import { constants, type ServerHttp2Stream } from 'node:http2';

/** What a call may take before it is looked at: as much as a connection is read at once, and what belongs to the stream. */
const CALL_BYTES = 65_536 + 4096;

/** What the objects around a piece of a message take: a client may send a million pieces of a byte. */
const PIECE_BYTES = 256;

/** A call on a stream of HTTP/2, and what it takes of the service while it is open. */
export class OpenCall {
  /** The most that its request, which is not whole, may take in memory. */
  arrivedBytes = CALL_BYTES;
  /** Bytes of its answer that the client had not taken when they were last looked at. */
  waitingBytes = 0;
  /** When those were last seen to become fewer. */
  waitingSince: number;
  /** Whether it had been refused already when it was last looked at. */
  isLeaving = false;
  private lastRead: ArrayBufferLike | undefined;

  constructor(
    readonly stream: ServerHttp2Stream,
    readonly startedAt: number,
  ) {
    this.waitingSince = startedAt;
  }

  /** A piece of its request has come. @returns by how much more it takes now */
  add(piece: Buffer): number {
    // A piece keeps all of what was read with it from the connection, whatever else that was.
    const more = PIECE_BYTES + (piece.buffer === this.lastRead ? 0 : piece.buffer.byteLength);
    this.lastRead = piece.buffer;
    this.arrivedBytes += more;
    return more;
  }

  /** Ends it with a status, where no answer has begun, and takes nothing more of it. */
  refuse(code: Status, details: string): void {
    const { stream } = this;
    if (stream.destroyed || stream.closed) return;
    if (!stream.headersSent) {
      // Only headers, as gRPC has it for a call that ends without a message.
      const headers = { ':status': constants.HTTP_STATUS_OK, 'content-type': 'application/grpc+proto' };
      stream.respond({ ...headers, 'grpc-status': code, 'grpc-message': encodeURI(details) }, { endStream: true });
    }
    this.close();
  }

  /** Ends it without a word: its client takes none. */
  cut(): void {
    this.close();
    this.stream.destroy();
  }

  private close(): void {
    // To @grpc/grpc-js every end of a stream is that of a whole request, and it would be carried out.
    this.stream.removeAllListeners('end');
    this.stream.close(constants.NGHTTP2_CANCEL);
  }
}
