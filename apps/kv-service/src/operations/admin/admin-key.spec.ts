import { describe, expect, it } from '@jest/globals';
import type { WireRequest } from '@kvasir/http';
import { AdminKey } from './admin-key.js';

function requestWith(key: string | undefined): WireRequest {
  return { header: (name: string) => (name === 'x-api-key' ? key : undefined) } as WireRequest;
}

describe('AdminKey', () => {
  const admin = new AdminKey('s3cret');

  it('lets the key through', () => {
    expect(() => admin.require(requestWith('s3cret'))).not.toThrow();
  });

  it.each([undefined, '', 's3cre', 's3cret ', 'S3cret', 's3crets', 'x'.repeat(10_000)])(
    'refuses %j with a 401',
    (key) => {
      expect(() => admin.require(requestWith(key))).toThrow(expect.objectContaining({ status: 401 }));
    },
  );
});
