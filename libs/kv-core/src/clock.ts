/** Where the time comes from. Injected everywhere, so that a test never waits for a TTL to pass. */
export interface Clock {
  /** Unix time in whole milliseconds. */
  now(): number;
}

/** The wall clock of this machine. It may step in either direction: see {@link NonDecreasingClock}. */
export const systemClock: Clock = { now: () => Date.now() };

/** A clock that stands still until it is told otherwise. For tests, and for replaying recorded times. */
export class ManualClock implements Clock {
  constructor(private time: number) {}

  now(): number {
    return this.time;
  }

  /** Moves the clock by `milliseconds`; a negative number steps it back, as an operator might. */
  advance(milliseconds: number): void {
    this.time += milliseconds;
  }

  /** Sets the clock to `now`, Unix milliseconds. */
  set(now: number): void {
    this.time = now;
  }
}

/**
 * A clock that never runs backwards: the later of its source and the latest time it has told or been shown. What has expired stays expired when the wall clock steps back, also
 * over a restart when it is shown the last timestamp of the log.
 */
export class NonDecreasingClock implements Clock {
  /** `latest` is the earliest time it may tell, Unix milliseconds. */
  constructor(
    private readonly source: Clock,
    private latest = 0,
  ) {}

  now(): number {
    const now = this.source.now();
    if (now > this.latest) this.latest = now;
    return this.latest;
  }

  /** From now on no time before `floor` (Unix milliseconds) is told. */
  raiseTo(floor: number): void {
    if (floor > this.latest) this.latest = floor;
  }
}
