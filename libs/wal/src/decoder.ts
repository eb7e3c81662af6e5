import { crc32 } from './checksum.js';
import { BACKSLASH, DELETE_HEAD, QUOTE, SEAL_HEAD, SET_HEAD, VALUE } from './line-syntax.js';
import { emptyRecord, keyProblem, MAX_KEY_BYTES, type LogRecord } from './record.js';
import { TrailerReader } from './trailer.js';

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
  /** The last line that `decode` took, reused for the next one. */
  readonly record: LogRecord = emptyRecord();
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
    const { trailer } = this;
    if (!trailer.readCrc(bytes, start, end)) return 'does not end in a checksum';
    // Byte 7 tells `set` and `seal` from `delete`, byte 9 `set` from `seal`; the whole text is compared below.
    if (bytes[start + 7] === DELETE_HEAD[7]) return this.decodeDelete(bytes, start);
    if (bytes[start + 9] === SEAL_HEAD[9]) return this.decodeSeal(bytes, start);
    return this.decodeSet(bytes, start);
  }

  private decodeSet(bytes: Buffer, start: number): string | undefined {
    const { record, trailer } = this;
    if (!matches(bytes, start, SET_HEAD)) return 'does not start like a line of the log';
    if (!trailer.readMembers()) return 'has no sound trailer';
    const keyStart = start + SET_HEAD.length;
    const keyEnd = findQuote(bytes, keyStart, trailer.start);
    const valueStart = keyEnd + VALUE.length;
    if (keyEnd < 0 || valueStart >= trailer.start || !matches(bytes, keyEnd, VALUE)) {
      return 'has no sound key and value';
    }
    if (!this.crcMatches(bytes, start)) return WRONG_CHECKSUM;
    const problem = this.takeKey(bytes, keyStart, keyEnd);
    if (problem !== undefined) return problem;
    record.kind = 'set';
    record.value = bytes.toString(
      isAscii(bytes, valueStart, trailer.start) ? 'latin1' : 'utf8',
      valueStart,
      trailer.start,
    );
    record.expiresAt = trailer.timestamp + trailer.ttl;
    record.createdAt = trailer.createdAt;
    this.takeOrder();
    return undefined;
  }

  private decodeDelete(bytes: Buffer, start: number): string | undefined {
    const { record, trailer } = this;
    if (!matches(bytes, start, DELETE_HEAD)) return 'does not start like a line of the log';
    if (!trailer.readMembers()) return 'has no sound trailer';
    const keyStart = start + DELETE_HEAD.length;
    const keyEnd = findQuote(bytes, keyStart, trailer.start);
    if (keyEnd < 0 || keyEnd + 1 !== trailer.start || trailer.ttl !== Infinity || trailer.createdAt !== undefined) {
      return 'has no sound key';
    }
    if (!this.crcMatches(bytes, start)) return WRONG_CHECKSUM;
    const problem = this.takeKey(bytes, keyStart, keyEnd);
    if (problem !== undefined) return problem;
    record.kind = 'delete';
    record.value = '';
    record.expiresAt = Infinity;
    record.createdAt = undefined;
    this.takeOrder();
    return undefined;
  }

  private decodeSeal(bytes: Buffer, start: number): string | undefined {
    const { record, trailer } = this;
    const bodyStart = start + SEAL_HEAD.length;
    if (!matches(bytes, start, SEAL_HEAD) || trailer.crcStart - start > SEAL_MAX_BYTES) {
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

  private crcMatches(bytes: Buffer, start: number): boolean {
    return crc32(bytes, start, this.trailer.crcStart) === this.trailer.crc;
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

  /** Decodes the key between its quotes; gives what is wrong with it. */
  private takeKey(bytes: Buffer, start: number, end: number): string | undefined {
    let plain = end > start && end - start <= MAX_KEY_BYTES;
    for (let i = start; plain && i < end; i++) {
      const byte = bytes[i]!;
      if (byte < 0x20 || byte > 0x7f || byte === BACKSLASH) plain = false;
    }
    if (plain) {
      this.record.key = bytes.toString('latin1', start, end);
      return undefined;
    }
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

function matches(bytes: Buffer, at: number, text: Buffer): boolean {
  for (let i = 0; i < text.length; i++) {
    if (bytes[at + i] !== text[i]) return false;
  }
  return true;
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

function isAscii(bytes: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    if (bytes[i]! > 0x7f) return false;
  }
  return true;
}
