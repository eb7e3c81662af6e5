import { credentials, type ChannelCredentials, type ChannelOptions } from '@grpc/grpc-js';

/** Certificates and key of a client, and whom it trusts, each as PEM text. */
export interface GrpcClientTls {
  readonly cert: string;
  readonly key: string;
  /** The authorities that the service's certificate must come from. */
  readonly ca: string;
}

/** What a {@link GrpcKvClient} is set up with. */
export interface GrpcKvClientOptions {
  /** Milliseconds that a call may take; default 2,000. */
  readonly deadlineMs?: number;
  /** Sent as `authorization: Bearer <token>`; default: nothing. Printable ASCII without spaces. */
  readonly token?: string;
  /** Sent as metadata `x-api-key` with every call that does not bring one of its own; default: nothing. Visible ASCII characters without spaces. */
  readonly apiKey?: string;
  /** Encrypts, and shows the client's certificate. Default: in the clear. The service's certificate must name the host of the address. */
  readonly tls?: GrpcClientTls;
  /** The longest request message, in bytes; a longer one fails with RESOURCE_EXHAUSTED before it is sent. Default: as long as the service takes. */
  readonly maxRequestBytes?: number;
}

export const DEFAULT_DEADLINE_MS = 2000;

/** How long between two attempts to connect, at most: a service that is back is found within a second, its time to connect included. */
const MAX_RECONNECT_MS = 500;

/** Channel options of @grpc/grpc-js. The defaults wait up to two minutes between attempts, and half a minute until a name is looked up again. */
export function channelOptions({ maxRequestBytes = -1 }: GrpcKvClientOptions): ChannelOptions {
  return {
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': MAX_RECONNECT_MS,
    'grpc.dns_min_time_between_resolutions_ms': MAX_RECONNECT_MS,
    // A peer that vanished without a word (a host that lost its power) is noticed after 13 s at the latest.
    'grpc.keepalive_time_ms': 10_000,
    'grpc.keepalive_timeout_ms': 3_000,
    'grpc.max_send_message_length': maxRequestBytes,
    // What the service holds can be read: the limit is the service's.
    'grpc.max_receive_message_length': -1,
    // What the address says is meant: no proxy of the environment, no configuration from DNS.
    'grpc.enable_http_proxy': 0,
    'grpc.service_config_disable_resolution': 1,
  };
}

export function channelCredentials({ tls }: GrpcKvClientOptions): ChannelCredentials {
  if (tls === undefined) return credentials.createInsecure();
  return credentials.createSsl(Buffer.from(tls.ca), Buffer.from(tls.key), Buffer.from(tls.cert));
}
