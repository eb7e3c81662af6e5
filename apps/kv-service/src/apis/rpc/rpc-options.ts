import type { Caller, RateLimiter } from '@kvasir/http';
import type { Tracer } from '@kvasir/tracing';

/** Certificates and key of this service, and whom it trusts, each as PEM text. */
export interface RpcTls {
  readonly cert: string;
  readonly key: string;
  /** The authorities that the other side's certificate must come from. */
  readonly ca: string;
}

/** The API keys of the service. */
export interface RpcKeys {
  /** Whom a key stands for; undefined when it is not known. */
  find(key: string): Caller | undefined;
}

/** Told of calls, for metrics. */
export interface RpcObserver {
  /**
   * A call was answered. Must be quick, and must not throw.
   *
   * @param rpc its name in the proto
   * @param code gRPC's
   * @param ms milliseconds from the message to the answer
   */
  answered(rpc: string, code: number, ms: number): void;
}

/** What the gRPC side is set up with. */
export interface RpcOptions {
  /** Address to listen on: an IP address (IPv6 without brackets), or a host name, which is its first address, as for HTTP. */
  readonly host: string;
  /** Port to listen on; 0 is any free one. */
  readonly port: number;
  /** What callers must send as `authorization: Bearer <token>`; undefined: nothing. */
  readonly token: string | undefined;
  /** What callers must show one of; undefined: none is needed. */
  readonly keys: RpcKeys | undefined;
  /** Who counts calls; undefined: nobody. */
  readonly limiter: RateLimiter | undefined;
  /** Who is told of calls; undefined: nobody. */
  readonly observer: RpcObserver | undefined;
  /** Makes a span of every call; undefined: there are no traces. */
  readonly tracer: Tracer | undefined;
  /** Undefined: in the clear. With it, callers need a certificate too. */
  readonly tls: RpcTls | undefined;
  /** The longest body of the HTTP APIs, in bytes; messages may be 64 KiB longer. */
  readonly maxBodyBytes: number;
  /** The most connections at once; what comes past that is closed at once. */
  readonly maxConnections: number;
  /** Milliseconds that a connection has for its TLS handshake, and then for the first bytes of HTTP/2. */
  readonly greetingMs: number;
  /** Milliseconds between two pings of a connection. */
  readonly pingMs: number;
  /** Milliseconds from a call's headers to the end of its request. */
  readonly requestMs: number;
  /** Milliseconds that a ping's answer may take, past which the connection is cut, and that a client may take for an answer, past which its call is. */
  readonly stallMs: number;
  /** The most bytes that requests may take while they arrive, all together; never less than one may have. */
  readonly maxArrivingBytes: number;
  /** Milliseconds from the start of the shutdown until calls still in progress are cut off. */
  readonly drainMs: number;
}

/** What to inject for the {@link RpcOptions}. */
export const RPC_OPTIONS = Symbol('rpc options');
