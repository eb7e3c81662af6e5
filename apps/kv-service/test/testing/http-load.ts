import { connect, type Socket } from 'node:net';
import { valueOf, type Sender, type Sent, type Tally } from './paced-load.js';

/** How an API says what a load says. */
export interface LoadDialect {
  /** A write as it goes over the wire; bodies are ASCII. */
  write(key: string, value: string): string;
  read(key: string): string;
  /** The body that acknowledges a write. */
  written(key: string, value: string): string;
  /** The body of a value. */
  found(key: string, value: string): string;
  /** Whether an answer that is no 200 says that nothing was done, so that the request may be sent again. */
  isRefusal(status: number, body: string): boolean;
}

/** `/kv` of kv-service, which refuses nothing that it has accepted. */
export const KV_DIALECT: LoadDialect = {
  write: (key, value) => withBody(`PUT /kv/${key} HTTP/1.1\r\nHost: k\r\n`, JSON.stringify({ value })),
  read: (key) => `GET /kv/${key} HTTP/1.1\r\nHost: k\r\n\r\n`,
  written: () => '{"success":true}',
  found: (_key, value) => JSON.stringify({ value }),
  isRefusal: () => false,
};

/** `/v1/values` of api-gateway, which refuses when kv-service does. */
export function gatewayDialect(apiKey: string, refusal: string): LoadDialect {
  const headers = `HTTP/1.1\r\nHost: k\r\nx-api-key: ${apiKey}\r\n`;
  return {
    write: (key, value) => withBody(`PUT /v1/values ${headers}`, JSON.stringify({ key, value })),
    read: (key) => `GET /v1/values/${key} ${headers}\r\n`,
    written: (key, value) => JSON.stringify({ key, value }),
    found: (key, value) => JSON.stringify({ key, value }),
    isRefusal: (status, body) => status === 503 && body === JSON.stringify({ error: refusal }),
  };
}

function withBody(head: string, body: string): string {
  return `${head}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

/** A client's kept-alive connections, one request at a time on each. One that is closed is opened again, until nobody listens any more or it is destroyed. */
export class HttpConnections implements Sender {
  /** Answers that said that their connection ends with them. */
  closing = 0;
  /** Resolves when every connection is gone and none can be opened. */
  readonly allRefused: Promise<void>;
  private readonly lanes: Lane[];

  constructor(port: number, count: number, dialect: LoadDialect, tally: Tally) {
    this.lanes = Array.from({ length: count }, () => new Lane(port, dialect, tally, () => this.closing++));
    this.allRefused = Promise.all(this.lanes.map(({ refused }) => refused)).then(() => undefined);
  }

  send(request: Sent): boolean {
    const lane = this.lanes.find(({ isFree }) => isFree);
    lane?.send(request);
    return lane !== undefined;
  }

  destroy(): void {
    for (const lane of this.lanes) lane.destroy();
  }
}

/** One connection after the other. */
class Lane {
  readonly refused: Promise<void>;
  private socket!: Socket;
  private isOpen = false;
  private isDone = false;
  private pending: Sent | undefined;
  private received = '';
  private onRefused!: () => void;

  constructor(
    private readonly port: number,
    private readonly dialect: LoadDialect,
    private readonly tally: Tally,
    private readonly onClosing: () => void,
  ) {
    this.refused = new Promise((resolve) => (this.onRefused = resolve));
    this.open();
  }

  get isFree(): boolean {
    return this.isOpen && this.pending === undefined;
  }

  send(request: Sent): void {
    this.pending = request;
    const { kind, key } = request;
    // An idle connection takes it at once: when this returns, the system has it.
    this.socket.write(kind === 'write' ? this.dialect.write(key, valueOf(key)) : this.dialect.read(key), 'latin1');
  }

  destroy(): void {
    this.isDone = true;
    this.socket.destroy();
  }

  private open(): void {
    const socket = connect({ port: this.port, host: '127.0.0.1', noDelay: true });
    this.socket = socket;
    socket.setEncoding('latin1');
    socket.on('connect', () => (this.isOpen = true));
    socket.on('data', (piece: string) => this.onData(piece));
    // Nothing more can be sent over it; an answer that has not come will not come.
    socket.on('end', () => (this.isOpen = false));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') this.isDone = true;
    });
    socket.on('close', () => this.onClose());
  }

  private onClose(): void {
    this.isOpen = false;
    if (this.pending !== undefined) {
      if (this.received === '') this.tally.notDone.push(this.pending);
      else this.tally.wrong.push(`${this.pending.key}: cut off behind ${JSON.stringify(this.received)}`);
    } else if (this.received !== '') this.tally.wrong.push(`nobody asked for ${JSON.stringify(this.received)}`);
    this.pending = undefined;
    this.received = '';
    if (this.isDone) this.onRefused();
    else this.open();
  }

  private onData(piece: string): void {
    this.received += piece;
    const endOfHead = this.received.indexOf('\r\n\r\n');
    if (endOfHead < 0) return;
    const head = this.received.slice(0, endOfHead + 2);
    const length = Number(/\r\ncontent-length: (\d+)\r\n/i.exec(head)?.[1]);
    const body = this.received.slice(endOfHead + 4);
    if (!(body.length >= length)) return;
    const request = this.pending;
    this.pending = undefined;
    this.received = '';
    if (/\r\nconnection: close\r\n/i.test(head)) {
      this.isOpen = false;
      this.onClosing();
    }
    if (request !== undefined) this.judge(request, Number(head.split(' ')[1]), body);
  }

  private judge(request: Sent, status: number, body: string): void {
    const { kind, key } = request;
    const right = kind === 'write' ? this.dialect.written(key, valueOf(key)) : this.dialect.found(key, valueOf(key));
    if (status === 200 && body === right) this.tally.answered(request);
    else if (this.dialect.isRefusal(status, body)) this.tally.notDone.push(request);
    else this.tally.wrong.push(`${kind} ${key}: ${status} ${body}`);
  }
}
