/** Up to this size a body does not count: small requests go on while others hold back large ones. */
const FREE_BYTES = 4096;

/** The first buffer for a body that comes in pieces. */
const MIN_CAPACITY = FREE_BYTES;

const NOTHING = Buffer.alloc(0);

/** How many bytes the bodies of all requests may take that are still arriving: without it, as many clients as there may be could each hold back the end of the longest body there may be. */
export class BodyBudget {
  private used = 0;

  /** @param maxBytes for all bodies together */
  constructor(private readonly maxBytes: number) {}

  /** @returns false when there is no room for so many bytes; nothing was taken then */
  take(bytes: number): boolean {
    if (this.used + bytes > this.maxBytes) return false;
    this.used += bytes;
    return true;
  }

  /** Gives back what was taken. */
  give(bytes: number): void {
    this.used -= bytes;
  }
}

/**
 * Puts the pieces of one body together as they come, so that a body takes its own size and not that of the objects around a million pieces of a byte each. A body that comes in one piece is
 * not copied.
 */
export class BodyCollector {
  private bytes: Buffer = NOTHING;
  private filled = 0;
  private taken = 0;

  /** @param maxBytes the longest body; pieces past it are not to be added */
  constructor(
    private readonly budget: BodyBudget,
    private readonly maxBytes: number,
  ) {}

  /** How many bytes have come. */
  get size(): number {
    return this.filled;
  }

  /** @returns false when the budget is used up; the piece was not taken then */
  add(piece: Buffer): boolean {
    const size = this.filled + piece.length;
    if (size <= this.bytes.length) {
      piece.copy(this.bytes, this.filled);
    } else {
      const grown = this.filled === 0 ? piece.length : Math.min(Math.max(MIN_CAPACITY, 2 * size), this.maxBytes);
      if (!this.takeFor(grown)) return false;
      this.bytes = this.filled === 0 ? piece : this.copyWith(piece, grown);
    }
    this.filled = size;
    return true;
  }

  /** The whole body. What it took counts no more: it is about to be read. */
  finish(): Buffer {
    this.release();
    return this.filled === this.bytes.length ? this.bytes : this.bytes.subarray(0, this.filled);
  }

  /** To be called for a body that is given up. */
  release(): void {
    this.budget.give(this.taken);
    this.taken = 0;
  }

  private takeFor(capacity: number): boolean {
    const more = capacity > FREE_BYTES ? capacity - this.taken : 0;
    if (more > 0 && !this.budget.take(more)) return false;
    this.taken += more;
    return true;
  }

  private copyWith(piece: Buffer, capacity: number): Buffer {
    const grown = Buffer.allocUnsafeSlow(capacity);
    this.bytes.copy(grown, 0, 0, this.filled);
    piece.copy(grown, this.filled);
    return grown;
  }
}
