import type { Server } from '@grpc/grpc-js';
import type { Http2Server } from 'node:http2';

/**
 * The server of HTTP/2 that @grpc/grpc-js makes for its one connection injector: what a stream holds is seen nowhere else. It is private there; the version is exact in package.json.
 *
 * @throws Error when it is not where it was
 */
export function http2ServerOf(server: Server): Http2Server {
  const { http2Servers } = server as unknown as { readonly http2Servers?: ReadonlyMap<Http2Server, unknown> };
  const [http2Server] = http2Servers?.keys() ?? [];
  if (http2Server === undefined) throw new Error('@grpc/grpc-js has no server of HTTP/2 where it had one');
  return http2Server;
}
