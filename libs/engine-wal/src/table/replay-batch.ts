/** So many lines wait together at most: what they touch fits into the processor's cache. */
const CAPACITY = 1024;

const SPANS = 4;
const NUMBERS = 4;

/** Lines of a log that wait to be put into a table together: places in one buffer, which must not change meanwhile, and numbers. */
export class ReplayBatch {
  /** Lines held. */
  length = 0;
  /** Where keys and values are. */
  bytes: Buffer = Buffer.alloc(0);
  /** Hashes of the keys, for whoever puts the batch in. */
  readonly hashes = new Int32Array(CAPACITY);
  private readonly spans = new Uint32Array(SPANS * CAPACITY);
  private readonly numbers = new Float64Array(NUMBERS * CAPACITY);

  /** Whether a line of these bytes can't be taken before those that wait are put in. */
  isFullFor(bytes: Buffer): boolean {
    return this.length === CAPACITY || (this.length > 0 && bytes !== this.bytes);
  }

  add(
    bytes: Buffer,
    keyStart: number,
    keyEnd: number,
    valueStart: number,
    valueEnd: number,
    expiresAt: number,
    updatedAt: number,
    createdAt: number | undefined,
    revision: number,
  ): void {
    const { spans, numbers } = this;
    const span = SPANS * this.length;
    const number = NUMBERS * this.length;
    this.bytes = bytes;
    spans[span] = keyStart;
    spans[span + 1] = keyEnd - keyStart;
    spans[span + 2] = valueStart;
    spans[span + 3] = valueEnd - valueStart;
    numbers[number] = expiresAt;
    numbers[number + 1] = updatedAt;
    numbers[number + 2] = createdAt ?? NaN;
    numbers[number + 3] = revision;
    this.length++;
  }

  keyStart(line: number): number {
    return this.spans[SPANS * line]!;
  }

  keyLength(line: number): number {
    return this.spans[SPANS * line + 1]!;
  }

  valueStart(line: number): number {
    return this.spans[SPANS * line + 2]!;
  }

  valueLength(line: number): number {
    return this.spans[SPANS * line + 3]!;
  }

  expiresAt(line: number): number {
    return this.numbers[NUMBERS * line]!;
  }

  updatedAt(line: number): number {
    return this.numbers[NUMBERS * line + 1]!;
  }

  /** Undefined where the line does not say. */
  createdAt(line: number): number | undefined {
    const createdAt = this.numbers[NUMBERS * line + 2]!;
    return Number.isNaN(createdAt) ? undefined : createdAt;
  }

  revision(line: number): number {
    return this.numbers[NUMBERS * line + 3]!;
  }
}
