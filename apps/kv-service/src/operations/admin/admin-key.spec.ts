import { describe, expect, it } from '@jest/globals';
import { ANYONE, type Caller, type WireRequest } from '@kvasir/http';
import { Principal, Rights, VERBS } from '@kvasir/kv-core';
import { AdminKey } from './admin-key.js';

function requestWith(key: string | undefined, caller: Caller = ANYONE): WireRequest {
  return { header: (name: string) => (name === 'x-api-key' ? key : undefined), caller } as WireRequest;
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
      expect(() => new AdminKey(undefined).require(requestWith(key))).toThrow(expect.objectContaining({ status: 401 }));
    },
  );

  it('lets whoever has the right through, and nobody else, whatever the key says', () => {
    const others = VERBS.filter((verb) => verb !== 'admin');
    for (const gate of [admin, new AdminKey(undefined)]) {
      const allowed = new Principal('a', new Rights(['admin'], []));
      expect(() => gate.require(requestWith(undefined, allowed))).not.toThrow();
      const refused = new Principal('b', new Rights(others, ['']));
      expect(() => gate.require(requestWith('s3cret', refused))).toThrow(
        expect.objectContaining({ code: 'FORBIDDEN' }),
      );
    }
  });
});
