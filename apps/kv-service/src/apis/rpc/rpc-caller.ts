import { status as Status, type Metadata } from '@grpc/grpc-js';
import { ANYONE, type Caller } from '@kvasir/http';
import { givenKey } from '../../access/given-key.js';
import type { RpcOptions } from './rpc-options.js';
import { RpcRefusal } from './rpc-status.js';

/** In trailers, under the key of the catalogue's codes: it is the API key that was refused, not the peer's token. */
const API_KEY_REFUSED = 'API_KEY_REFUSED';

/**
 * Who calls, by the API key in the metadata: `x-api-key`, or `authorization: Bearer <key>` where that does not hold the token of a peer.
 *
 * A gateway sends both, its own token and its caller's key, and may do so where no token is asked for: with `x-api-key` there, `authorization` is no key.
 *
 * @returns the caller, or why the call is UNAUTHENTICATED
 */
export function callerOf(metadata: Metadata, { keys, token }: Pick<RpcOptions, 'keys' | 'token'>): Caller | RpcRefusal {
  if (keys === undefined) return ANYONE;
  const apiKey = only(metadata, 'x-api-key');
  const authorization = apiKey === undefined && token === undefined ? only(metadata, 'authorization') : undefined;
  const given = givenKey(apiKey, authorization);
  if (given.kind !== 'key') return refusal("an API key is needed; send it as metadata 'x-api-key'");
  return keys.find(given.key) ?? refusal('the API key is not known here');
}

/** Several values are no key. */
function only(metadata: Metadata, name: string): string | undefined {
  const values = metadata.get(name);
  return values.length === 0 ? undefined : values.join(', ');
}

function refusal(text: string): RpcRefusal {
  return new RpcRefusal(Status.UNAUTHENTICATED, text, API_KEY_REFUSED);
}
