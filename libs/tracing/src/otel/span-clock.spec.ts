import { describe, expect, it } from '@jest/globals';
import { SpanClock } from './span-clock.js';

describe('the times of spans', () => {
  it('keep their order and their distance, however the system clock is rounded', () => {
    let elapsed = 100.25;
    const clock = new SpanClock({ elapsed: () => elapsed, unix: () => Math.floor(1_700_000_000_000 + elapsed) });
    expect(clock.unixTime(100.25)).toEqual([1_700_000_000, 100_000_000]);
    for (let i = 0; i < 5000; i++) {
      elapsed += 0.7;
      const [seconds, ns] = clock.unixTime(elapsed);
      const ms = (seconds - 1_700_000_000) * 1000 + ns / 1e6;
      expect(Math.abs(ms - (elapsed - 0.25))).toBeLessThan(0.001);
    }
  });

  it('follow the system clock when it was set, from a second on', () => {
    let elapsed = 0;
    let unix = 1_700_000_000_000;
    const clock = new SpanClock({ elapsed: () => elapsed, unix: () => unix });
    unix = 1_800_000_000_000;
    elapsed = 1000;
    expect(clock.unixTime(1000)).toEqual([1_700_000_001, 0]);
    elapsed = 1001;
    expect(clock.unixTime(1001)).toEqual([1_800_000_000, 0]);
  });
});
