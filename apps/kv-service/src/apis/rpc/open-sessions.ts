import type { Http2Server, ServerHttp2Session } from 'node:http2';

/**
 * The connections of a server of HTTP/2, for a stop that answers what is in progress.
 *
 * `tryShutdown` of @grpc/grpc-js does not wait for that on Node.js 24: there the server's `close` closes its sessions, too, and one that is closing already is to grpc-js one that has ended.
 */
export class OpenSessions {
  private readonly open = new Set<ServerHttp2Session>();
  private closing: Promise<void> | undefined;
  private onLast: (() => void) | undefined;

  /** @param server that has no connections yet */
  constructor(server: Http2Server) {
    server.on('session', (session) => this.add(session));
  }

  /** Takes no more calls; resolves when those in progress have been answered and every connection has ended. */
  close(): Promise<void> {
    return (this.closing ??= new Promise((resolve) => {
      this.onLast = resolve;
      for (const session of this.open) session.close();
      if (this.open.size === 0) resolve();
    }));
  }

  private add(session: ServerHttp2Session): void {
    this.open.add(session);
    session.once('close', () => {
      this.open.delete(session);
      if (this.open.size === 0) this.onLast?.();
    });
    // Its handshake of TLS took until now.
    if (this.closing !== undefined) session.close();
  }
}
