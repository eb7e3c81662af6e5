import type { ConnectionInjector } from '@grpc/grpc-js';
import { limitConnections, type HttpLogger } from '@kvasir/http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { RpcOptions } from './rpc-options.js';

/** What every client says first: the preface of HTTP/2 (24 bytes), and the header of a SETTINGS frame (9 bytes; RFC 9113 section 3.4). */
const GREETING_BYTES = 24 + 9;

/** What a {@link GrpcListener} needs to know. */
export type GrpcListenerOptions = Pick<RpcOptions, 'host' | 'port' | 'tls' | 'maxConnections' | 'greetingMs'>;

/**
 * The port of gRPC: takes connections, at most so many, and hands them to grpc-js. Who does not say in time that it speaks HTTP/2 is cut off.
 *
 * It stands in for grpc-js's `bindAsync`, which takes any number of connections and waits for ever for those that say nothing.
 */
export class GrpcListener {
  private readonly server: Server;
  private readonly connections = new Set<Socket>();

  /** @param injector serves what it gets in the clear, as encryption ends here */
  constructor(
    private readonly injector: ConnectionInjector,
    private readonly options: GrpcListenerOptions,
    logger: HttpLogger,
  ) {
    const { tls, greetingMs: handshakeTimeout } = options;
    if (tls === undefined) {
      this.server = createServer((socket) => this.serve(socket));
    } else {
      const identity = { cert: tls.cert, key: tls.key, ca: tls.ca, requestCert: true, rejectUnauthorized: true };
      this.server = createTlsServer({ ...identity, ALPNProtocols: ['h2'], handshakeTimeout }, (socket) => {
        // What goes wrong with a connection ends it, and is nobody else's business.
        socket.on('error', () => socket.destroy());
        this.serve(socket);
      }).on('tlsClientError', (_error, socket) => socket.destroy());
    }
    this.server.on('connection', (socket: Socket) => {
      this.connections.add(socket);
      socket.once('close', () => this.connections.delete(socket));
    });
    limitConnections(this.server, options.maxConnections, logger);
  }

  /** @param listening told the port, or why it cannot be had, as `net.Server.listen` says it */
  listen(listening: (error: Error | undefined, port: number) => void): void {
    const { host, port } = this.options;
    const onError = (error: Error): void => listening(error, 0);
    this.server.once('error', onError);
    this.server.listen({ host, port }, () => {
      this.server.off('error', onError);
      listening(undefined, (this.server.address() as AddressInfo).port);
    });
  }

  /** Takes no more connections. */
  close(): void {
    this.server.close();
  }

  /** Cuts off every connection that is left. */
  destroy(): void {
    for (const socket of this.connections) socket.destroy();
  }

  private serve(socket: Socket): void {
    const deadline = setTimeout(() => {
      if (socket.bytesRead < GREETING_BYTES) socket.destroy();
    }, this.options.greetingMs);
    socket.once('close', () => clearTimeout(deadline));
    this.injector.injectConnection(socket);
  }
}
