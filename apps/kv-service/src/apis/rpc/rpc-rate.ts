import { Metadata, status as Status, type ServerUnaryCall } from '@grpc/grpc-js';
import type { AddressSource, Caller, RateLimiter } from '@kvasir/http';
import { ERROR_CODE_KEY, type RpcStatus } from './rpc-status.js';

/** In trailers, under the key of the catalogue's codes: the caller asks too often. It tells that from a full store and from a message that is too long, which are the same status. */
const RATE_LIMITED = 'RATE_LIMITED';

/** In trailers: seconds until the next call will be taken, as in HTTP. */
const RETRY_AFTER_KEY = 'retry-after';

type Call = Pick<ServerUnaryCall<object, object>, 'metadata' | 'getPeer'>;

/**
 * Counts a call, for its API key or for its address, together with the HTTP requests of the same caller.
 *
 * @param caller undefined for one that was refused
 * @returns what to answer when it comes too soon
 */
export function rateExcess(limiter: RateLimiter, call: Call, caller: Caller | undefined): RpcStatus | undefined {
  const excess = limiter.count(caller, new RpcAddressSource(call));
  if (excess === undefined) return undefined;
  const metadata = new Metadata();
  metadata.set(ERROR_CODE_KEY, RATE_LIMITED);
  metadata.set(RETRY_AFTER_KEY, String(excess.retryAfterSeconds));
  return { code: Status.RESOURCE_EXHAUSTED, details: excess.text, metadata };
}

/**
 * Read when it is asked for: a caller who is known by a key counts by its name, and the peer of a call is behind a proxy that Node's HTTP/2 puts before each socket.
 *
 * A class, as an object literal with getters takes half as long to make as the peer takes to look at.
 */
class RpcAddressSource implements AddressSource {
  /** TRUST_PROXY counts the proxies in front of the HTTP ports. Mostly there is none in front of this one, and a caller would give itself any address. */
  readonly uncounted = true;

  constructor(private readonly call: Call) {}

  get headers(): AddressSource['headers'] {
    const forwarded = this.call.metadata.get('x-forwarded-for').join(', ');
    return { 'x-forwarded-for': forwarded === '' ? undefined : forwarded };
  }

  get socket(): AddressSource['socket'] {
    // `address:port`; an IPv6 address has no brackets there.
    return { remoteAddress: this.call.getPeer().replace(/:\d+$/, '') };
  }
}
