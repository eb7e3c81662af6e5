import { timingSafeEqual } from 'node:crypto';
import { WireRefusal, type WireRequest } from '@kvasir/http';
import { keyDigest, Principal, requireVerb } from '@kvasir/kv-core';

/** `WWW-Authenticate` of a 401 below `/admin`. */
export const KEY_CHALLENGE = 'ApiKey header="x-api-key"';

/** What a request to `/admin` must bring: an API key with the verb `admin`, or ADMIN_KEY. */
export class AdminKey {
  private readonly digest: Buffer | undefined;

  /** @param key ADMIN_KEY; undefined: there is none */
  constructor(key: string | undefined) {
    this.digest = key === undefined ? undefined : keyDigest(key);
  }

  /**
   * Lets a request through whose API key has the verb `admin`, or, in a service without API keys, one that brings ADMIN_KEY in `x-api-key`.
   *
   * @throws ForbiddenError for an API key without the verb
   * @throws WireRefusal 401; how long it takes tells nothing of the key, as digests of one length are compared
   */
  require(request: WireRequest): void {
    if (request.caller instanceof Principal) {
      requireVerb(request.caller.rights, 'admin');
      return;
    }
    const given = request.header('x-api-key');
    if (given === undefined) throw unauthorized('the header x-api-key is missing');
    if (this.digest === undefined || !timingSafeEqual(keyDigest(given), this.digest)) {
      throw unauthorized('the key in x-api-key is wrong');
    }
  }
}

function unauthorized(text: string): WireRefusal {
  return new WireRefusal(401, text, { headers: { 'WWW-Authenticate': KEY_CHALLENGE } });
}
