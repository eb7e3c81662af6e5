import { crc32 } from './checksum.js';
import { FixedText } from './fixed-text.js';
import { BACKSLASH, DELETE_HEAD, QUOTE, SEAL_HEAD, SET_HEAD, VALUE } from './line-syntax.js';
import { emptyRecord, keyProblem, MAX_KEY_BYTES, type LogRecord } from './record.js';
import { TrailerReader } from './trailer.js';

const SET_HEAD_TEXT = new FixedText(SET_HEAD);
const DELETE_HEAD_TEXT = new FixedText(DELETE_HEAD);
const SEAL_HEAD_TEXT = new FixedText(SEAL_HEAD);
const VALUE_TEXT = new FixedText(VALUE);

/** What `decode` says of a line that has the right form but not the bytes that were written. */
export const WRONG_CHECKSUM = 'has a wrong checksum';

/** A seal from its timestamp to the end of what the checksum guards. */
const SEAL_BODY = /^(\d{1,13})(?:\.(\d{1,3}))?,"seq":(\d{1,16})(?:,"lines":(\d{1,16}))?$/;
/** Longer than any seal. */
const SEAL_MAX_BYTES = 128;

/**
 * Decodes lines of ours, without `JSON.parse`: the key from the front, the trailer from the back, the value is what lies between, and the
 * checksum says that all of it is as it was written. Keys and values become strings of their own, never parts of a larger one.
 */
export class LineDecoder {
  /** The last line that `decode` or `check` took, reused for the next one. */
  readonly record: LogRecord = emptyRecord();
  /** Where the key of the last line is, without its quotes. */
  keyStart = 0;
  keyEnd = 0;
  /** Whether the key stands there as it is: ASCII, without escapes. */
  keyIsPlain = false;
  /** Where the value of the last line is, if that is a `set`. */
  valueStart = 0;
  valueEnd = 0;
  /** Whether the checksums of the lines that follow are known to be right, by {@link checksumsHold}. All else is still looked at. */
  checksumsHold = false;
  private readonly trailer = new TrailerReader();

  /** Whether a line ends like one of ours, with a checksum. */
  endsInCrc(bytes: Buffer, start: number, end: number): boolean {
    return this.trailer.readCrc(bytes, start, end);
  }

  /**
   * Decodes the line from `start` to `end` (its newline not included) into `record`.
   *
   * @returns undefined, or why the line is damaged, as the end of the sentence "the line …"; `record` is then not to be used
   */
  decode(bytes: Buffer, start: number, end: number): string | undefined {
    const problem = this.check(bytes, start, end);
    if (problem === undefined) this.takeText(bytes);
    return problem;
  }

  /** The same without the key and the value: `record` has them after {@link takeText}, and whoever needs no strings finds them at `keyStart` and so on. */
  check(bytes: Buffer, start: number, end: number): string | undefined {
    const { trailer } = this;
    if (!trailer.readCrc(bytes, start, end)) return 'does not end in a checksum';
    // Byte 7 tells `set` and `seal` from `delete`, byte 9 `set` from `seal`; the whole text is compared below.
    if (bytes[start + 7] === DELETE_HEAD[7]) return this.checkDelete(bytes, start);
    if (bytes[start + 9] === SEAL_HEAD[9]) return this.decodeSeal(bytes, start);
    return this.checkSet(bytes, start);
  }

  /** Decodes key and value of the line that {@link check} has just taken. */
  takeText(bytes: Buffer): void {
    const { record } = this;
    if (record.kind === 'seal') return;
    // Any other key was decoded to be checked.
    if (this.keyIsPlain) record.key = bytes.toString('latin1', this.keyStart, this.keyEnd);
    record.value = record.kind === 'set' ? bytes.toString('utf8', this.valueStart, this.valueEnd) : '';
  }

  private checkSet(bytes: Buffer, start: number): string | undefined {
    const { record, trailer } = this;
    if (!this.startsWith(SET_HEAD_TEXT, start)) return 'does not start like a line of the log';
    if (!trailer.readMembers()) return 'has no sound trailer';
    const keyStart = start + SET_HEAD.length;
    const keyEnd = findQuote(bytes, keyStart, trailer.start);
    const valueStart = keyEnd + VALUE.length;
    if (keyEnd < 0 || valueStart >= trailer.start || !VALUE_TEXT.isAt(trailer.view, keyEnd)) {
      return 'has no sound key and value';
    }
    if (!this.crcMatches(bytes, start)) return WRONG_CHECKSUM;
    const problem = this.checkKey(bytes, keyStart, keyEnd);
    if (problem !== undefined) return problem;
    this.valueStart = valueStart;
    this.valueEnd = trailer.start;
    record.kind = 'set';
    record.expiresAt = trailer.timestamp + trailer.ttl;
    record.createdAt = trailer.createdAt;
    this.takeOrder();
    return undefined;
  }

  private checkDelete(bytes: Buffer, start: number): string | undefined {
    const { record, trailer } = this;
    if (!this.startsWith(DELETE_HEAD_TEXT, start)) return 'does not start like a line of the log';
    if (!trailer.readMembers()) return 'has no sound trailer';
    const keyStart = start + DELETE_HEAD.length;
    const keyEnd = findQuote(bytes, keyStart, trailer.start);
    if (keyEnd < 0 || keyEnd + 1 !== trailer.start || trailer.ttl !== Infinity || trailer.createdAt !== undefined) {
      return 'has no sound key';
    }
    if (!this.crcMatches(bytes, start)) return WRONG_CHECKSUM;
    const problem = this.checkKey(bytes, keyStart, keyEnd);
    if (problem !== undefined) return problem;
    record.kind = 'delete';
    record.expiresAt = Infinity;
    record.createdAt = undefined;
    this.takeOrder();
    return undefined;
  }

  private decodeSeal(bytes: Buffer, start: number): string | undefined {
    const { record, trailer } = this;
    const bodyStart = start + SEAL_HEAD.length;
    if (!this.startsWith(SEAL_HEAD_TEXT, start) || trailer.crcStart - start > SEAL_MAX_BYTES) {
      return 'does not start like a line of the log';
    }
    const body = SEAL_BODY.exec(bytes.toString('latin1', bodyStart, trailer.crcStart));
    if (body === null) return 'is no sound seal';
    if (!this.crcMatches(bytes, start)) return WRONG_CHECKSUM;
    const timestamp = Number(body[1]) * 1000 + Number((body[2] ?? '').padEnd(3, '0'));
    const seq = Number(body[3]);
    const lines = body[4] === undefined ? -1 : Number(body[4]);
    if (!Number.isSafeInteger(timestamp) || !Number.isSafeInteger(seq) || !Number.isSafeInteger(lines)) {
      return 'is no sound seal';
    }
    record.kind = 'seal';
    record.key = '';
    record.value = '';
    record.timestamp = timestamp;
    record.expiresAt = Infinity;
    record.createdAt = undefined;
    record.seq = seq;
    record.group = 0;
    record.txnIndex = 0;
    record.txnLength = 0;
    record.lines = lines;
    return undefined;
  }

  private startsWith(text: FixedText, start: number): boolean {
    const { trailer } = this;
    return start + text.length <= trailer.crcStart && text.isAt(trailer.view, start);
  }

  private crcMatches(bytes: Buffer, start: number): boolean {
    return this.checksumsHold || crc32(bytes, start, this.trailer.crcStart) === this.trailer.crc;
  }

  private takeOrder(): void {
    const { record, trailer } = this;
    record.timestamp = trailer.timestamp;
    record.seq = trailer.seq;
    record.group = trailer.group;
    record.txnIndex = trailer.txnIndex;
    record.txnLength = trailer.txnLength;
    record.lines = -1;
  }

  /** Says what is wrong with the key between its quotes. One that is not plain is decoded for it. */
  private checkKey(bytes: Buffer, start: number, end: number): string | undefined {
    this.keyStart = start;
    this.keyEnd = end;
    let plain = end > start && end - start <= MAX_KEY_BYTES;
    for (let i = start; plain && i < end; i++) {
      const byte = bytes[i]!;
      if (byte < 0x20 || byte > 0x7f || byte === BACKSLASH) plain = false;
    }
    this.keyIsPlain = plain;
    if (plain) return undefined;
    let key: unknown;
    try {
      key = JSON.parse(bytes.toString('utf8', start - 1, end + 1));
    } catch {
      return 'has a key that is no JSON string';
    }
    if (typeof key !== 'string') return 'has a key that is no JSON string';
    const problem = keyProblem(key);
    if (problem !== undefined) return `has a key that ${problem}`;
    this.record.key = key;
    return undefined;
  }
}

/** Offset of the quote that ends the JSON string whose text starts at `from`; -1 if there is none before `end`. */
function findQuote(bytes: Buffer, from: number, end: number): number {
  for (let i = from; i < end; i++) {
    const byte = bytes[i]!;
    if (byte === QUOTE) return i;
    if (byte === BACKSLASH) i++;
  }
  return -1;
}
