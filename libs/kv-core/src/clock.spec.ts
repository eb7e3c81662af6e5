import { describe, expect, it } from '@jest/globals';
import { ManualClock, NonDecreasingClock, systemClock } from './clock.js';

describe('systemClock', () => {
  it('tells Unix time in whole milliseconds', () => {
    const before = Date.now();
    const now = systemClock.now();
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(Date.now());
    expect(Number.isInteger(now)).toBe(true);
  });
});

describe('ManualClock', () => {
  it('stands still until it is moved, forwards or back', () => {
    const clock = new ManualClock(1000);
    expect([clock.now(), clock.now()]).toEqual([1000, 1000]);
    clock.advance(5);
    expect(clock.now()).toBe(1005);
    clock.advance(-10);
    expect(clock.now()).toBe(995);
    clock.set(7);
    expect(clock.now()).toBe(7);
  });
});

describe('NonDecreasingClock', () => {
  it('tells what its source tells while that goes on', () => {
    const source = new ManualClock(1000);
    const clock = new NonDecreasingClock(source);
    expect(clock.now()).toBe(1000);
    source.advance(1);
    expect(clock.now()).toBe(1001);
  });

  it('stands still while its source is behind what it has told', () => {
    const source = new ManualClock(1000);
    const clock = new NonDecreasingClock(source);
    clock.now();
    source.advance(-600);
    expect(clock.now()).toBe(1000);
    source.advance(599);
    expect(clock.now()).toBe(1000);
    source.advance(2);
    expect(clock.now()).toBe(1001);
  });

  it('tells no time before its floor', () => {
    const source = new ManualClock(1000);
    expect(new NonDecreasingClock(source, 2000).now()).toBe(2000);
    expect(new NonDecreasingClock(source, 500).now()).toBe(1000);
  });

  it('can be raised and never lowered', () => {
    const clock = new NonDecreasingClock(new ManualClock(1000));
    clock.raiseTo(3000);
    expect(clock.now()).toBe(3000);
    clock.raiseTo(2000);
    expect(clock.now()).toBe(3000);
  });
});
