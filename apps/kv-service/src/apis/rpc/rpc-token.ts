import { timingSafeEqual } from 'node:crypto';
import type { Metadata } from '@grpc/grpc-js';
import { keyDigest } from '@kvasir/kv-core';

const SCHEME = /^bearer +/i;

/**
 * Tells whether a call carries the token that the services share, as metadata `authorization: Bearer <token>`.
 *
 * What is compared are digests, which have one length, and in constant time: the time that it takes tells nothing of the token.
 */
export class RpcToken {
  private readonly expected: Buffer;

  constructor(token: string) {
    this.expected = keyDigest(token);
  }

  /** `absent`: no `authorization` at all. */
  check(metadata: Metadata): 'right' | 'wrong' | 'absent' {
    const values = metadata.get('authorization');
    const [value] = values;
    if (value === undefined) return 'absent';
    if (values.length > 1 || typeof value !== 'string' || !SCHEME.test(value)) return 'wrong';
    return timingSafeEqual(keyDigest(value.replace(SCHEME, '')), this.expected) ? 'right' : 'wrong';
  }
}
