import type { HrTime } from '@opentelemetry/api';

/** How far the two clocks may be apart before the offset between them is taken anew: more than what `Date.now` rounds off. */
const MAX_DRIFT_MS = 5;

/** Between two looks at how far they are apart. */
const LOOK_EVERY_MS = 1000;

const MS_PER_SECOND = 1000;
const NS_PER_MS = 1_000_000;

/** Both of these in milliseconds; for tests. */
export interface Clocks {
  /** Monotonic, as `performance.now`. */
  readonly elapsed: () => number;
  /** Unix time, as `Date.now`. */
  readonly unix: () => number;
}

/**
 * Turns times by `performance.now()` into Unix times. All spans of a process go by one offset, so that a span lies within its parent; the SDK takes one for each span, out of a clock of whole milliseconds.
 * The offset follows when somebody sets the system's clock, or it drifts.
 */
export class SpanClock {
  private offset: number;
  private lookedAt: number;

  constructor(private readonly clocks: Clocks = { elapsed: () => performance.now(), unix: Date.now }) {
    this.lookedAt = clocks.elapsed();
    this.offset = clocks.unix() - this.lookedAt;
  }

  /** @param at by `performance.now()` */
  unixTime(at: number): HrTime {
    if (at - this.lookedAt > LOOK_EVERY_MS) this.look();
    const ms = at + this.offset;
    const seconds = Math.floor(ms / MS_PER_SECOND);
    return [seconds, Math.floor((ms - seconds * MS_PER_SECOND) * NS_PER_MS)];
  }

  private look(): void {
    const { elapsed, unix } = this.clocks;
    this.lookedAt = elapsed();
    const offset = unix() - this.lookedAt;
    if (Math.abs(offset - this.offset) > MAX_DRIFT_MS) this.offset = offset;
  }
}
