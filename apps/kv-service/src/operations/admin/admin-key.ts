import { createHash, timingSafeEqual } from 'node:crypto';
import { WireRefusal, type WireRequest } from '@kvasir/http';

/** What a request to `/admin` must bring. */
export class AdminKey {
  private readonly digest: Buffer;

  /** @param key ADMIN_KEY */
  constructor(key: string) {
    this.digest = digestOf(key);
  }

  /**
   * Lets a request through that brings the key in `x-api-key`.
   *
   * @throws WireRefusal 401; how long it takes tells nothing of the key, as digests of one length are compared
   */
  require(request: WireRequest): void {
    const given = request.header('x-api-key');
    if (given === undefined) throw new WireRefusal(401, 'the header x-api-key is missing');
    if (!timingSafeEqual(digestOf(given), this.digest)) throw new WireRefusal(401, 'the key in x-api-key is wrong');
  }
}

function digestOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
