import { Socket, type Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { PlainConnection, type PlainConnectionHost } from './plain-connection.js';
import type { PlainRequest } from './plain-request.js';
import type { PlainResponse } from './plain-response.js';

/** What becomes of connections and their requests. */
export interface PlainDispatcher {
  /** As {@link PlainConnectionHost.serve} says. */
  dispatchPlain(request: PlainRequest, response: PlainResponse): boolean;
  flush(): void;
}

/** What a client has to send comes at once, a body behind its headers too; for whoever takes longer, Node's limits hold from then on. */
const PATIENCE_MS = 100;

/** As Node does: idle connections live for so much longer than clients are told, whose next request may be on its way. */
const KEEP_ALIVE_LEEWAY_MS = 1000;

/** How long clients may take: see `HttpTimeouts`. */
export interface PlainConnectionsOptions {
  readonly keepAliveMs: number;
  readonly stallMs: number;
  /** Milliseconds, never running backwards. */
  readonly now: () => number;
}

/**
 * The connections, of all ports, whose requests have all been plain so far ({@link PlainConnection}). Their times are looked at together, once every while, as timers of their own would have to be
 * set for each request.
 */
export class PlainConnections {
  private readonly open = new Set<PlainConnection>();
  private readonly keepAliveFields: string;

  constructor(
    private readonly dispatcher: PlainDispatcher,
    private readonly options: PlainConnectionsOptions,
  ) {
    const seconds = Math.floor(options.keepAliveMs / 1000);
    this.keepAliveFields = `Connection: keep-alive\r\nKeep-Alive: timeout=${seconds}\r\n\r\n`;
  }

  /**
   * Takes the connections of a server in place of the listener that makes them connections of Node's HTTP.
   *
   * @param event what the server says of new connections: `secureConnection` with TLS
   */
  takeFrom(server: Server, event: 'connection' | 'secureConnection'): void {
    const [byNode] = server.listeners(event) as ((this: Server, connection: Duplex) => void)[];
    if (byNode === undefined) throw new Error(`the server does not listen for '${event}'`);
    server.off(event, byNode);
    const host: PlainConnectionHost = {
      keepAliveFields: this.keepAliveFields,
      now: this.options.now,
      serve: (request, response) => this.dispatcher.dispatchPlain(request, response),
      flush: () => this.dispatcher.flush(),
      handOver: (connection, bytes) => {
        const { socket } = connection;
        this.open.delete(connection);
        // First: without any listener for its bytes the socket would stop reading.
        byNode.call(server, socket);
        connection.release();
        if (socket.readableEnded) {
          this.sayAgain(socket, bytes);
          return;
        }
        // Behind each piece that a stream has told, it asks for more, unless it has asked already; if Node's HTTP has paused it meanwhile, that takes the pause back, and the parser, which has its bytes from
        // below the stream by then, is given a body that nobody reads to its end.
        socket.read(0);
        if (bytes.length > 0) socket.unshift(bytes);
      },
      closed: (connection) => this.open.delete(connection),
    };
    server.on(event, (connection: Duplex) => {
      // Another one comes from us, and is Node's already.
      if (connection instanceof Socket) this.open.add(new PlainConnection(connection, host));
      else byNode.call(server, connection);
    });
  }

  /** Looks at the time of every connection. To be called every now and then. Clients that do not take their answers are for `StalledWrites` to cut. */
  check(): void {
    const now = this.options.now();
    const { stallMs } = this.options;
    const idleMs = this.options.keepAliveMs + KEEP_ALIVE_LEEWAY_MS;
    for (const connection of this.open) {
      const { unfinishedSince } = connection;
      if (unfinishedSince !== undefined) {
        if (now - unfinishedSince >= PATIENCE_MS) connection.giveUpWaiting();
      } else if (connection.socket.writableLength > 0) {
        // However slowly it takes what waits for it: its time begins behind that.
        connection.moved();
      } else if (now - connection.lastActive >= (connection.isBusy ? stallMs : idleMs)) {
        connection.socket.destroy();
      }
    }
  }

  /** Closes those that wait for their next request. */
  closeIdle(): void {
    for (const connection of this.open)
      if (connection.unfinishedSince === undefined && !connection.isBusy) connection.socket.destroy();
  }

  /** Tells a socket's new listeners what it has told already: nothing can be put back behind its end. */
  private sayAgain(socket: Socket, bytes: Buffer): void {
    socket.emit('data', bytes);
    this.dispatcher.flush();
    const end = (): void => void (socket.destroyed || socket.emit('end'));
    // Not in one turn, as the two came: what the bytes were answered with is out then. With TLS our side would have ended by then, too.
    if (socket.allowHalfOpen) setImmediate(end);
    else end();
  }
}
