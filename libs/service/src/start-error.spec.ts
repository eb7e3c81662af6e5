import { describe, expect, it } from '@jest/globals';
import { DataDirLockedError } from '@kvasir/kv-core';
import { isExpected, listenError, StartError } from './start-error.js';

const address = { host: '127.0.0.1', port: 80, portSetting: 'PORT or --port', hostSetting: 'HOST or --host' };

function systemError(code: string): Error {
  return Object.assign(new Error(`listen ${code}: some words 127.0.0.1:80`), { code, syscall: 'listen' });
}

describe('a port that cannot be had', () => {
  it.each([
    [
      'EADDRINUSE',
      'port 80 of 127.0.0.1 is in use already: stop what listens there, or choose another one with PORT or --port',
    ],
    ['EACCES', 'port 80 of 127.0.0.1 is not for this user: choose one above 1023 with PORT or --port'],
    [
      'EADDRNOTAVAIL',
      'port 80 of 127.0.0.1 cannot be had, 127.0.0.1 is not an address of this machine: choose one with HOST or --host',
    ],
    ['EMFILE', 'port 80 of 127.0.0.1 cannot be had: listen EMFILE: some words 127.0.0.1:80'],
  ])('is named, with what to do: %s', (code, message) => {
    expect(listenError(systemError(code), address).message).toBe(message);
    // gRPC says it in its text alone.
    expect(listenError(new Error(systemError(code).message), address).message).toBe(message);
  });
});

describe('an error at the start', () => {
  it('needs no stack when its message says all there is to say', () => {
    expect(isExpected(new StartError('x'))).toBe(true);
    expect(isExpected(new DataDirLockedError('x'))).toBe(true);
    expect(isExpected(new TypeError('x'))).toBe(false);
    expect(isExpected('x')).toBe(false);
  });
});
