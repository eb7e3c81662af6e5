import { describe, expect, test } from '@jest/globals';
import { ClientAddresses, parseTrustProxy, type AddressSource } from './client-address.js';

function from(remoteAddress: string | undefined, forwardedFor?: string): AddressSource {
  return {
    headers: forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor },
    socket: { remoteAddress },
  };
}

describe('the address that a request counts for', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
    ['2001:db8:1:3::', '2001:db8:1:3::/64'],
    ['2001:0DB8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['1::', '1:0:0:0::/64'],
    ['1:2:3::5:6:7:8', '1:2:3:0::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    [undefined, 'unknown'],
  ])('of a connection from %s is %s', (remote, expected) => {
    expect(new ClientAddresses(undefined).of(from(remote))).toBe(expected);
  });

  test('is the connection, whatever the headers say, where no proxy is trusted', () => {
    expect(new ClientAddresses(undefined).of(from('192.0.2.1', '198.51.100.1'))).toBe('192.0.2.1');
  });

  test.each([
    ['1', '10.0.0.1', '198.51.100.1', '198.51.100.1'],
    // What the client wrote itself stands in front of what the proxy added.
    ['1', '10.0.0.1', '203.0.113.9, 198.51.100.1', '198.51.100.1'],
    ['2', '10.0.0.1', '203.0.113.9, 198.51.100.1, 10.0.0.2', '198.51.100.1'],
    ['uniquelocal', '10.0.0.1', '203.0.113.9, 198.51.100.1, 10.0.0.2', '198.51.100.1'],
    ['loopback, 10.0.0.0/24', '10.0.0.1', '203.0.113.9,198.51.100.1,127.0.0.1', '198.51.100.1'],
    ['10.0.0.1', '10.0.0.1', '2001:db8::5', '2001:db8:0:0::/64'],
    ['10.0.0.1', '::ffff:10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['10.0.0.1', '10.0.0.1', '198.51.100.1:4711', '198.51.100.1'],
    ['10.0.0.1', '10.0.0.1', '[2001:db8::5]:4711', '2001:db8:0:0::/64'],
    // A stranger who is connected directly says what it likes.
    ['10.0.0.1', '192.0.2.1', '198.51.100.1', '192.0.2.1'],
    // A proxy that does not know counts itself.
    ['10.0.0.1', '10.0.0.1', 'unknown', '10.0.0.1'],
    ['10.0.0.1', '10.0.0.1', '', '10.0.0.1'],
    ['10.0.0.1', '10.0.0.1', ' , ,', '10.0.0.1'],
  ])('with TRUST_PROXY=%s, from %s with X-Forwarded-For: %s is %s', (setting, remote, header, expected) => {
    const trust = parseTrustProxy(setting);
    expect(trust).toBeDefined();
    const addresses = new ClientAddresses(trust);
    // What is remembered of the first request must not change what the others count for.
    expect([1, 2].map(() => addresses.of(from(remote, header)))).toEqual([expected, expected]);
    expect(addresses.of(from('192.0.2.77', header))).toBe(setting === '1' || setting === '2' ? expected : '192.0.2.77');
  });
});

test.each([
  ['1', '192.0.2.1'],
  ['192.0.2.1', '198.51.100.1'],
])('with TRUST_PROXY=%s, where nobody has counted the proxies, it is %s', (setting, expected) => {
  const addresses = new ClientAddresses(parseTrustProxy(setting));
  for (const _ of [1, 2])
    expect(addresses.of({ ...from('192.0.2.1', '198.51.100.1'), uncounted: true })).toBe(expected);
});

test('clients behind one connection of a proxy are told apart, however many there are', () => {
  const addresses = new ClientAddresses(parseTrustProxy('10.0.0.1'));
  const { socket } = from('10.0.0.1');
  for (let i = 0; i < 20_000; i++) {
    const client = `198.51.${i >> 8}.${i & 255}`;
    expect(addresses.of({ socket, headers: { 'x-forwarded-for': client } })).toBe(client);
  }
});

describe('TRUST_PROXY', () => {
  test.each(['0', '33', '-1', 'true', '*', 'everybody', '10.0.0.0/33', '10.0.0.0/0', '10.0.0', ',', '10.0.0.1,'])(
    'does not take %j',
    (text) => {
      expect(parseTrustProxy(text)).toBeUndefined();
    },
  );
});
