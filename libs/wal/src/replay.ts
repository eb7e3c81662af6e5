import { checksumsHold, linesOfBlock } from './chunk-checksum.js';
import { LineDecoder } from './decoder.js';
import { ForeignLineReader } from './foreign.js';
import { NEWLINE } from './line-syntax.js';
import type { LogRecord, LogVisitor } from './record.js';
import type { LineEnd } from './scanner.js';

/** Which part of the file the next line belongs to; `start` until the first line has told. */
type Part = 'start' | 'foreign' | 'compacted' | 'own';

/** A line of a transaction that is not whole yet. */
type HeldLine = Pick<LogRecord, 'kind' | 'key' | 'value' | 'expiresAt' | 'timestamp' | 'createdAt' | 'seq'>;

/** Where a file would have to be cut to end behind a whole line and a whole transaction. */
export interface CutPoint {
  readonly offset: number;
  /** Number of the first line that would go, from 1. */
  readonly line: number;
  /** The seq of the first data line that would go. */
  readonly seq: number;
}

/**
 * Takes the lines of a log in order, checks each against those before it (`docs/wal-format.md`, "The order of lines") and gives whole
 * transactions to the visitor. It knows the good beginning of a log; what damage means is for `recovery.ts` to say.
 */
export class LogReplay {
  /** Milliseconds of Unix time: the latest timestamp of all lines, 0 if there are none. */
  lastTimestamp = 0;
  /** Data lines given to the visitor. */
  delivered = 0;
  /** How many of them were another program's. */
  foreign = 0;
  /** Whether the last line is a seal. */
  sealed = false;
  /** Whether the last line is a foreign one without its newline. */
  newlineOwed = false;

  private readonly decoder = new LineDecoder();
  private readonly foreignReader = new ForeignLineReader();
  private part: Part = 'start';
  /** The seq that the next data line of the foreign or the own part must have. */
  private nextSeq = 1;
  private sealSeen = false;
  private compactedMaxSeq = 0;
  /** Data lines of a transaction whose last line has not come yet. */
  private held: HeldLine[] = [];
  private heldLength = 0;
  /** Where that transaction starts. */
  private heldFrom: CutPoint | undefined;
  /** Where the newlines of the lines are that {@link expect} has announced. */
  private expectedEnds: readonly number[] = [];
  /** Which of them is the first of the next block. */
  private nextBlock = 0;
  /** Where the block of lines ends whose checksums were checked together. */
  private blockEnd = Infinity;

  constructor(private readonly visitor: LogVisitor) {}

  /** The last revision given out; not known before the seal of a compacted part. */
  get lastSeq(): number {
    return this.nextSeq - 1;
  }

  /** Whether no line of ours has come yet. */
  get beforeOwnLines(): boolean {
    return this.part === 'start' || this.part === 'foreign';
  }

  /** Whether a seal of ours has come, or a data line of ours has been given to the visitor. */
  get hasOwnLines(): boolean {
    return this.sealSeen || this.delivered > this.foreign;
  }

  /** Whether the seal that ends the compacted part is still to come. */
  get inCompactedPart(): boolean {
    return this.part === 'compacted';
  }

  /** Whether a transaction's last lines are still to come. */
  get inTransaction(): boolean {
    return this.heldFrom !== undefined;
  }

  /** Where the file would be cut if the line at `offset` with number `line` were not to be kept. */
  cutPoint(offset: number, line: number): CutPoint {
    return this.heldFrom ?? { offset, line, seq: this.nextSeq };
  }

  /** To be called before {@link accept} is for each of the lines from `start` on whose newlines are at `ends`. */
  expect(start: number, ends: readonly number[]): void {
    this.expectedEnds = ends;
    this.nextBlock = 0;
    this.blockEnd = start;
  }

  /** Checks the checksums of the lines from `start` on that are checked together. */
  private beginBlock(bytes: Buffer, start: number): void {
    const { expectedEnds: ends, nextBlock: first } = this;
    const count = first < ends.length ? linesOfBlock(start, ends, first) : 0;
    this.decoder.checksumsHold = count > 0 && checksumsHold(bytes, start, ends, first, count);
    this.nextBlock = first + count;
    this.blockEnd = count === 0 ? Infinity : ends[this.nextBlock - 1]! + 1;
  }

  /** To be called before the bytes of the lines so far change. */
  releaseBytes(): void {
    this.visitor.releaseBytes?.();
  }

  /**
   * Takes the next line.
   *
   * @param number the line's number in the file, from 1
   * @returns undefined, or why the line is damage, as the end of the sentence "the line …"; then nothing has changed
   */
  accept(
    bytes: Buffer,
    start: number,
    end: number,
    offset: number,
    number: number,
    ending: LineEnd,
  ): string | undefined {
    if (ending === 'too-long') return 'is longer than a line of the log may be';
    const { decoder } = this;
    if (start >= this.blockEnd) this.beginBlock(bytes, start);
    if (ending === 'end-of-file') decoder.checksumsHold = false;
    if (this.beforeOwnLines && !decoder.endsInCrc(bytes, start, end)) {
      return this.acceptForeign(bytes, start, end, ending);
    }
    const problem = decoder.check(bytes, start, end);
    if (problem !== undefined) return problem;
    if (ending !== 'newline') return 'has no newline at its end';
    const { record } = decoder;
    if (record.kind === 'seal') return this.acceptSeal(record);
    if (record.group === 0) return this.acceptCompacted(bytes, record);
    return this.acceptOwn(bytes, record, offset, number);
  }

  private acceptOwn(bytes: Buffer, record: LogRecord, offset: number, number: number): string | undefined {
    const { seq, txnIndex, txnLength } = record;
    if (this.part === 'compacted') return 'stands in the part that compaction wrote, before its seal, but is not of it';
    if (seq !== this.nextSeq) return `has seq ${seq}, but ${this.nextSeq} is next`;
    if (record.group > seq) return `has group ${record.group}, but its seq is only ${seq}`;
    if (
      this.heldFrom === undefined ? txnIndex > 1 : txnIndex !== this.held.length + 1 || txnLength !== this.heldLength
    ) {
      return this.heldFrom === undefined
        ? `is line ${txnIndex} of a transaction whose line before it is missing`
        : `stands inside a transaction of ${this.heldLength} lines, but is not its line ${this.held.length + 1}`;
    }
    this.part = 'own';
    this.nextSeq = seq + 1;
    this.sealed = false;
    if (txnLength === 0) this.deliverDecoded(bytes, record);
    else this.hold(bytes, record, offset, number);
    return undefined;
  }

  private hold(bytes: Buffer, record: LogRecord, offset: number, number: number): void {
    this.decoder.takeText(bytes);
    const { kind, key, value, expiresAt, timestamp, createdAt, seq } = record;
    this.heldFrom ??= { offset, line: number, seq };
    this.heldLength = record.txnLength;
    this.held.push({ kind, key, value, expiresAt, timestamp, createdAt, seq });
    if (record.txnIndex < record.txnLength) return;
    for (const line of this.held) this.deliver(line);
    this.held = [];
    this.heldFrom = undefined;
  }

  private acceptCompacted(bytes: Buffer, record: LogRecord): string | undefined {
    if (this.part !== 'start' && this.part !== 'compacted') return 'has group 0, but is not at the start of the file';
    if (record.txnLength !== 0) return 'has group 0 and is part of a transaction';
    if (record.seq === 0) return 'has seq 0';
    this.part = 'compacted';
    this.compactedMaxSeq = Math.max(this.compactedMaxSeq, record.seq);
    this.deliverDecoded(bytes, record);
    return undefined;
  }

  private acceptSeal(record: LogRecord): string | undefined {
    const { seq, lines } = record;
    if (this.heldFrom !== undefined) return 'is a seal inside a transaction';
    if (this.part === 'compacted' || (this.part === 'start' && lines >= 0)) {
      if (lines !== this.delivered) {
        const says = lines < 0 ? 'no number of' : lines;
        return `is a seal that names ${says} lines, but ${this.delivered} lines of a compacted part are before it`;
      }
      if (seq < this.compactedMaxSeq) return `is a seal with seq ${seq}, but ${this.compactedMaxSeq} is before it`;
    } else {
      if (lines >= 0) return 'is the seal of a compacted part, but there is none before it';
      if (seq !== this.nextSeq - 1) return `is a seal with seq ${seq}, but ${this.nextSeq - 1} is the last before it`;
    }
    this.part = 'own';
    this.nextSeq = seq + 1;
    this.sealed = true;
    this.sealSeen = true;
    this.lastTimestamp = Math.max(this.lastTimestamp, record.timestamp);
    return undefined;
  }

  private acceptForeign(bytes: Buffer, start: number, end: number, ending: LineEnd): string | undefined {
    // The newline of a last line that lacks it is written before the first line of ours.
    const owed = ending === 'end-of-file';
    if (isBlank(bytes, start, end)) {
      this.newlineOwed = owed;
      return undefined;
    }
    const problem = this.foreignReader.read(bytes, start, end);
    if (problem !== undefined) return problem;
    const { record } = this.foreignReader;
    record.seq = this.nextSeq;
    this.part = 'foreign';
    this.nextSeq++;
    this.foreign++;
    this.newlineOwed = owed;
    this.deliver(record);
    return undefined;
  }

  /** Delivers the line that the decoder has just checked, as bytes where the visitor takes them. */
  private deliverDecoded(bytes: Buffer, record: LogRecord): void {
    const { decoder, visitor } = this;
    if (record.kind !== 'set' || !decoder.keyIsPlain || visitor.setBytes === undefined) {
      decoder.takeText(bytes);
      this.deliver(record);
      return;
    }
    this.delivered++;
    const { timestamp, expiresAt, createdAt, seq } = record;
    if (timestamp > this.lastTimestamp) this.lastTimestamp = timestamp;
    const { keyStart, keyEnd, valueStart, valueEnd } = decoder;
    visitor.setBytes(bytes, keyStart, keyEnd, valueStart, valueEnd, expiresAt, timestamp, createdAt, seq);
  }

  private deliver(record: HeldLine): void {
    this.delivered++;
    if (record.timestamp > this.lastTimestamp) this.lastTimestamp = record.timestamp;
    if (record.kind === 'set') {
      this.visitor.set(record.key, record.value, record.expiresAt, record.timestamp, record.createdAt, record.seq);
    } else {
      this.visitor.delete(record.key, record.timestamp, record.seq);
    }
  }
}

/** Whether a line holds nothing but white space. */
export function isBlank(bytes: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const byte = bytes[i];
    if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d && byte !== NEWLINE) return false;
  }
  return true;
}
