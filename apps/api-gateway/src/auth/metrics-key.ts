import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Caller } from '@kvasir/http';
import { keyDigest } from '@kvasir/kv-core';
import { API_KEY_HEADER } from './api-key-header.js';

const BEARER = /^bearer +/i;

/** Who comes with METRICS_KEY. */
const MONITOR: Caller = Object.freeze({ name: 'METRICS_KEY' });

/** The key that opens `/metrics` and nothing else. Kept and compared as a digest: the time that it takes tells nothing of it. */
export class MetricsKey {
  private readonly expected: Buffer;

  constructor(key: string) {
    this.expected = keyDigest(key);
  }

  /** Who sends it, as `x-api-key` or, as Prometheus does, as `Authorization: Bearer`; undefined for whoever does not. */
  find(headers: IncomingHttpHeaders): Caller | undefined {
    const given = [headers[API_KEY_HEADER]?.toString(), bearerOf(headers.authorization)];
    return given.some((key) => key !== undefined && timingSafeEqual(keyDigest(key), this.expected))
      ? MONITOR
      : undefined;
  }
}

function bearerOf(authorization: string | undefined): string | undefined {
  return authorization !== undefined && BEARER.test(authorization) ? authorization.replace(BEARER, '') : undefined;
}
