import { resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { anyText, host, oneOf, path, port, ports, wholeNumber } from './parsers.js';

describe('wholeNumber', () => {
  const { allowed, parse } = wholeNumber(1, 100);

  it.each([
    ['1', 1],
    ['42', 42],
    ['100', 100],
    [' 7\r', 7],
  ])('reads %j as %d', (text, value) => {
    expect(parse(text)).toBe(value);
  });

  it.each(['0', '101', '-1', '+1', '1.0', '1e1', '0x10', '007', '1_0', '1 0', 'ten', ' ', 'NaN', 'Infinity', '٣'])(
    'refuses %j',
    (text) => {
      expect(parse(text)).toBeUndefined();
    },
  );

  it('refuses a number that would be rounded', () => {
    expect(wholeNumber(0, Number.MAX_SAFE_INTEGER).parse('9007199254740991')).toBe(Number.MAX_SAFE_INTEGER);
    expect(wholeNumber(0, Number.MAX_SAFE_INTEGER).parse('9007199254740993')).toBeUndefined();
  });

  it('says both bounds', () => {
    expect(allowed).toBe('a whole number from 1 to 100');
  });
});

describe('port and ports', () => {
  it.each(['0', '1', '65535'])('take %s', (text) => {
    expect(port.parse(text)).toBe(Number(text));
    expect(ports.parse(text)).toEqual([Number(text)]);
  });

  it.each(['65536', '-1', '80a0', '', '8000;8080'])('refuse %j', (text) => {
    expect(port.parse(text)).toBeUndefined();
    expect(ports.parse(text)).toBeUndefined();
  });

  it('takes several ports in their order, with white space around them', () => {
    expect(ports.parse('8080,8000, 6969')).toEqual([8080, 8000, 6969]);
    expect(port.parse('8080,8000')).toBeUndefined();
  });

  it.each(['8000,8000', '8000,8080,8000', '8000,', ',8000', '8000,,8080', '8000,x'])('refuses the ports %j', (text) => {
    expect(ports.parse(text)).toBeUndefined();
  });

  it('takes 0 more than once: each is another free port', () => {
    expect(ports.parse('0,0,8000')).toEqual([0, 0, 8000]);
  });
});

describe('host', () => {
  it.each([
    '0.0.0.0',
    '127.0.0.1',
    '::',
    '::1',
    'fe80::1%eth0',
    'localhost',
    'kv-service',
    'kv_1.internal',
    'a.b-c.d1',
  ])('takes %s', (text) => {
    expect(host.parse(text)).toBe(text);
  });

  it.each([
    '256.0.0.1',
    '0.0.0',
    '[::1]',
    'localhost:8000',
    'http://localhost',
    'a b',
    '-a',
    'a-',
    'a..b',
    '.',
    ' ',
    'käse',
    `${'a'.repeat(64)}.b`,
    'a.'.repeat(127) + 'b',
  ])('refuses %j', (text) => {
    expect(host.parse(text)).toBeUndefined();
  });
});

describe('path', () => {
  it('makes a relative path absolute and leaves an absolute one alone', () => {
    expect(path.parse('./data')).toBe(resolve('data'));
    expect(path.parse('/var/lib/kvasir')).toBe('/var/lib/kvasir');
  });

  it('keeps spaces, which may belong to a folder', () => {
    expect(path.parse('my data ')).toBe(resolve('my data '));
  });

  it('refuses a NUL, which no file system takes', () => {
    expect(path.parse('a\0b')).toBeUndefined();
  });
});

describe('oneOf', () => {
  it('takes its words as they are', () => {
    const { allowed, parse } = oneOf(['always', 'everysec', 'never']);
    expect(parse('everysec')).toBe('everysec');
    expect(parse(' never ')).toBe('never');
    expect(parse('Never')).toBeUndefined();
    expect(parse('sometimes')).toBeUndefined();
    expect(parse('constructor')).toBeUndefined();
    expect(allowed).toBe('always, everysec or never');
  });

  it('takes other spellings and any case when told to', () => {
    const { allowed, parse } = oneOf(['warn', 'info'], { aliases: { warning: 'warn' }, anyCase: true });
    expect(parse('WARNING')).toBe('warn');
    expect(parse('Info')).toBe('info');
    expect(parse('warnings')).toBeUndefined();
    expect(allowed).toBe('warn (or warning) or info, in any case');
  });

  it('lists a single word as that word', () => {
    expect(oneOf(['memory']).allowed).toBe('memory');
  });
});

describe('anyText', () => {
  it('takes every text as it is', () => {
    expect(anyText('a key').parse(' k\n')).toBe(' k\n');
    expect(anyText('a key').allowed).toBe('a key');
  });
});
