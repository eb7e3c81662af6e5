import { describe, expect, it } from '@jest/globals';
import { checkShutdown, drainMs } from './settings.js';

describe('the times of a shutdown', () => {
  const check = (timeoutMs: number, delayMs: number) =>
    checkShutdown({ kind: 'settings', settings: { shutdown: { timeoutMs, delayMs } } });

  it('leave time to stop in, behind the delay', () => {
    expect(check(4000, 0)).toMatchObject({ kind: 'settings' });
    expect(check(4000, 3999)).toMatchObject({ kind: 'settings' });
    expect(check(4000, 4000)).toEqual({
      kind: 'invalid',
      text: 'SHUTDOWN_DELAY_MS is 4000: allowed is less than SHUTDOWN_TIMEOUT_MS, which is 4000\n',
    });
  });

  it('give requests in progress three quarters of what is left of them', () => {
    expect(drainMs({ timeoutMs: 4000, delayMs: 0 })).toBe(3000);
    expect(drainMs({ timeoutMs: 4000, delayMs: 2000 })).toBe(1500);
  });
});
