import { connect, type Socket } from 'node:net';

/** Types of frames (RFC 9113 section 6). */
export const DATA = 0;
export const HEADERS = 1;
export const PRIORITY = 2;
export const RST_STREAM = 3;
export const SETTINGS = 4;
export const PING = 6;
export const WINDOW_UPDATE = 8;
export const CONTINUATION = 9;

/** Flags. */
const ACK = 1;
export const END_STREAM = 1;
export const END_HEADERS = 4;

/** What an endpoint takes in one frame until it says otherwise. */
const MAX_FRAME_BYTES = 16_384;

/** What a client begins with. */
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** One frame (RFC 9113 section 4.1). */
export function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** The same frame so many times. */
export function times(count: number, one: Buffer): Buffer {
  return Buffer.concat(Array.from({ length: count }, () => one));
}

/** A header as HPACK writes it without a table and without Huffman's code (RFC 7541 section 6.2.2). */
export function header(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.of(0), text(name), text(value)]);
}

function text(string: string): Buffer {
  const bytes = Buffer.from(string);
  if (bytes.length < 127) return Buffer.concat([Buffer.of(bytes.length), bytes]);
  const length = [127];
  let rest = bytes.length - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest % 128) + 128);
  return Buffer.concat([Buffer.from([...length, rest]), bytes]);
}

/** The headers of a call. */
export function callHeaders(rpc: string, more: Readonly<Record<string, string>> = {}): Buffer {
  const headers = {
    ':method': 'POST',
    ':scheme': 'http',
    ':path': `/keyvalue.KeyValueService/${rpc}`,
    ':authority': 'x',
    'content-type': 'application/grpc',
    te: 'trailers',
    ...more,
  };
  return Buffer.concat(Object.entries(headers).map(([name, value]) => header(name, value)));
}

/** HEADERS, and CONTINUATIONs where they are needed. */
export function headerFrames(stream: number, block: Buffer): Buffer {
  const frames: Buffer[] = [];
  for (let from = 0; from < block.length; from += MAX_FRAME_BYTES) {
    const isLast = from + MAX_FRAME_BYTES >= block.length;
    const piece = block.subarray(from, from + MAX_FRAME_BYTES);
    frames.push(frame(from === 0 ? HEADERS : CONTINUATION, isLast ? END_HEADERS : 0, stream, piece));
  }
  return Buffer.concat(frames);
}

/** What comes in front of a message of this length in gRPC. */
export function messagePrefix(length: number, compressed = false): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt8(compressed ? 1 : 0);
  prefix.writeUInt32BE(length, 1);
  return prefix;
}

/** What a {@link FrameConnection} begins with. */
export interface FrameConnectionOptions {
  /** The payload of its SETTINGS; default: nothing. */
  readonly settings?: Buffer;
  /** Whether it answers pings; default: it answers nothing. */
  readonly answersPings?: boolean;
}

/** A connection that sends whatever frames it is told to. */
export class FrameConnection {
  /** Resolves when it is gone. */
  readonly closed: Promise<void>;
  /** Streams that were reset by the other side. */
  resets = 0;
  private received: Buffer = Buffer.alloc(0);
  private onPong: (() => void) | undefined;

  private constructor(
    readonly socket: Socket,
    private readonly answersPings: boolean,
  ) {
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes: Buffer) => this.read(bytes));
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
  }

  /** Connects to a port of 127.0.0.1, and says that it speaks HTTP/2. */
  static open(port: number, { settings, answersPings = false }: FrameConnectionOptions = {}): Promise<FrameConnection> {
    return new Promise((resolve) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      const connection = new FrameConnection(socket, answersPings);
      socket.once('connect', () => {
        socket.write(Buffer.concat([PREFACE, frame(SETTINGS, 0, 0, settings)]));
        resolve(connection);
      });
      socket.once('close', () => resolve(connection));
    });
  }

  get isClosed(): boolean {
    return this.socket.destroyed;
  }

  /** Sends bytes; resolves when the system has taken them, or the connection is gone. */
  async send(bytes: Buffer): Promise<void> {
    if (this.isClosed) return;
    await Promise.race([new Promise<void>((resolve) => void this.socket.write(bytes, () => resolve())), this.closed]);
  }

  /** Resolves when the other side has read all that was sent, or the connection is gone. */
  async allRead(): Promise<void> {
    const pong = new Promise<void>((resolve) => (this.onPong = resolve));
    await this.send(frame(PING, 0, 0, Buffer.alloc(8)));
    await Promise.race([pong, this.closed]);
  }

  destroy(): void {
    this.socket.destroy();
  }

  private read(bytes: Buffer): void {
    this.received = Buffer.concat([this.received, bytes]);
    while (this.received.length >= 9) {
      const end = 9 + this.received.readUIntBE(0, 3);
      if (this.received.length < end) return;
      this.onFrame(this.received[3]!, this.received[4]!, this.received.subarray(9, end));
      this.received = this.received.subarray(end);
    }
  }

  private onFrame(type: number, flags: number, payload: Buffer): void {
    if (type === RST_STREAM) this.resets++;
    if (type !== PING) return;
    if (flags === ACK) this.onPong?.();
    else if (this.answersPings) this.socket.write(frame(PING, ACK, 0, payload));
  }
}
