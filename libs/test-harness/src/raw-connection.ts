import { connect, type Socket } from 'node:net';

/** A response as it came over the wire. */
export interface RawResponse {
  readonly status: number;
  /** Names as they were sent, in order. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  /** The first header of this name, in any case. */
  header(name: string): string | undefined;
  /** The body as JSON. */
  json(): unknown;
}

/** A TCP connection that sends bytes exactly as they are given and reads responses one by one. */
export class RawConnection {
  /** The connection's error, if it ended with one (a reset). */
  error: Error | undefined;
  private buffer: Buffer = Buffer.alloc(0);
  private ended = false;
  private wake: (() => void) | undefined;
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>;

  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk) => this.add(chunk));
    socket.on('error', (error) => (this.error = error));
    socket.on('end', () => this.end());
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.end();
        resolve();
      });
    });
  }

  /** Connects to a port of 127.0.0.1. */
  static open(port: number): Promise<RawConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: false });
      socket.setNoDelay(true);
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new RawConnection(socket));
      });
    });
  }

  /** Sends text as latin1, one byte a unit; resolves when the system has taken it. */
  send(data: string | Buffer): Promise<void> {
    return new Promise((resolve) => {
      if (this.socket.destroyed) return resolve();
      this.socket.write(typeof data === 'string' ? Buffer.from(data, 'latin1') : data, () => resolve());
    });
  }

  /** The next final response; an interim `100 Continue` is returned too, as a response without body. */
  async next(options: { readonly head?: boolean } = {}): Promise<RawResponse> {
    let end: number;
    while ((end = this.buffer.indexOf('\r\n\r\n')) < 0) await this.more('the headers');
    const [statusLine = '', ...lines] = this.take(end + 4)
      .toString('latin1')
      .trimEnd()
      .split('\r\n');
    const status = Number(statusLine.split(' ')[1]);
    const headers = lines.map(
      (line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()] as const,
    );
    const header = (name: string): string | undefined =>
      headers.find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
    const body =
      options.head === true || status < 200
        ? ''
        : await this.readBody(header('content-length'), header('transfer-encoding'));
    return { status, headers, body, header, json: () => JSON.parse(body) as unknown };
  }

  /** Bytes that have come and belong to no response yet. */
  get rest(): string {
    return this.buffer.toString('latin1');
  }

  /** Resolves when this many bytes that belong to no response yet have come. */
  async received(bytes: number): Promise<void> {
    while (this.buffer.length < bytes) await this.more(`${bytes} bytes`);
  }

  /** Closes the connection without a word. */
  destroy(): void {
    this.socket.destroy();
  }

  private async readBody(length: string | undefined, coding: string | undefined): Promise<string> {
    if (coding === 'chunked') return this.readChunks();
    if (length !== undefined) {
      while (this.buffer.length < Number(length)) await this.more('the body');
      return this.take(Number(length)).toString('utf8');
    }
    while (!this.ended) await this.more('the end').catch(() => undefined);
    return this.take(this.buffer.length).toString('utf8');
  }

  private async readChunks(): Promise<string> {
    const chunks: Buffer[] = [];
    for (;;) {
      let end: number;
      while ((end = this.buffer.indexOf('\r\n')) < 0) await this.more('a chunk');
      const size = parseInt(this.take(end + 2).toString('latin1'), 16);
      while (this.buffer.length < size + 2) await this.more('a chunk');
      chunks.push(this.take(size + 2).subarray(0, size));
      if (size === 0) return Buffer.concat(chunks).toString('utf8');
    }
  }

  private take(bytes: number): Buffer {
    const taken = this.buffer.subarray(0, bytes);
    this.buffer = this.buffer.subarray(bytes);
    return taken;
  }

  private more(what: string): Promise<void> {
    if (this.ended)
      return Promise.reject(
        new Error(
          `the connection ended before ${what} had come; it had brought: ${JSON.stringify(this.rest.slice(0, 200))}`,
        ),
      );
    return new Promise((resolve) => (this.wake = resolve));
  }

  private add(chunk: Buffer): void {
    this.buffer = Buffer.concat([this.buffer, chunk]);
    this.wake?.();
  }

  private end(): void {
    this.ended = true;
    this.wake?.();
  }
}
