import { STATUS_CODES } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterAll } from '@jest/globals';

/** A request as it came. */
export interface RawRequest {
  readonly method: string;
  /** The request target, still percent-encoded. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Does with a request's connection what it likes: writes an answer, half of one, nothing, or closes it. */
export type RawHandler = (request: RawRequest, socket: Socket) => void;

/** A server of raw sockets, for answers that no honest server gives. Requests need a Content-Length when they have a body. */
export class RawServer {
  /** Every request so far. */
  readonly requests: RawRequest[] = [];
  /** How many connections there have been. */
  connections = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly handler: RawHandler,
  ) {
    server.on('connection', (socket) => this.serve(socket));
  }

  /** Listens on a free port of 127.0.0.1. */
  static async listen(handler: RawHandler): Promise<RawServer> {
    const server = createServer();
    const raw = new RawServer(server, handler);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return raw;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** `http://127.0.0.1:<port>`. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** How many connections are open. */
  get open(): number {
    return this.sockets.size;
  }

  /** Stops listening and cuts every connection. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private serve(socket: Socket): void {
    this.connections++;
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    // A client that gives up resets the connection.
    socket.on('error', () => socket.destroy());
    let received: Buffer = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      for (let end = requestEnd(received); end !== undefined; end = requestEnd(received)) {
        const request = parseRequest(received.subarray(0, end));
        received = received.subarray(end);
        this.requests.push(request);
        this.handler(request, socket);
      }
    });
  }
}

/** An answer as it goes over the wire, with its Content-Length. */
export function rawAnswer(status: number, body: string, headers: Readonly<Record<string, string>> = {}): string {
  const lines = Object.entries({ 'Content-Length': String(Buffer.byteLength(body)), ...headers });
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Status'}`, ...lines.map((pair) => pair.join(': '))];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}

/** Raw servers of one spec file, or of the `describe` it is called in: all are closed when its tests are over. */
export function useRawServers(): (handler: RawHandler) => Promise<RawServer> {
  const servers: RawServer[] = [];
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.close()));
  });
  return async (handler) => {
    const server = await RawServer.listen(handler);
    servers.push(server);
    return server;
  };
}

function requestEnd(received: Buffer): number | undefined {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const end = headEnd + 4 + Number(parseRequest(received.subarray(0, headEnd + 4)).headers['content-length'] ?? 0);
  return received.length < end ? undefined : end;
}

function parseRequest(bytes: Buffer): RawRequest {
  const headEnd = bytes.indexOf('\r\n\r\n');
  const [requestLine = '', ...lines] = bytes.toString('latin1', 0, headEnd).split('\r\n');
  const [method = '', path = ''] = requestLine.split(' ');
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  return { method, path, headers: Object.fromEntries(headers), body: bytes.toString('utf8', headEnd + 4) };
}
