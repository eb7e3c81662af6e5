import { crc32 } from './checksum.js';
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  CRC,
  CREATED,
  DELETE_HEAD,
  DOT,
  GROUP,
  HEX_DIGITS,
  LINES,
  MINUS,
  NEWLINE,
  QUOTE,
  SEAL_HEAD,
  SEQ,
  SET_HEAD,
  TIMESTAMP,
  TTL,
  TXN,
  VALUE,
  ZERO,
} from './line-syntax.js';
import { keyProblem, LONE_SURROGATE, MAX_LINE_BYTES } from './record.js';

const INITIAL_BYTES = 64 * 1024;
/** A buffer that one large group has grown past this is given back when the next group starts. */
const KEPT_BYTES = 8 * 1024 * 1024;
/** More than all of a line but its key's and its value's text can take. */
const FIXED_BYTES = 256;
/** Seconds below 2^53 milliseconds, a point and three decimals. */
const MAX_SECONDS_BYTES = 17;
/** Up to this length a loop over the characters beats a call into native code. */
const SHORT_TEXT = 64;

/**
 * Encodes lines of the log one behind the other into a buffer that grows and is used again: one group of a commit loop, or one slice of a
 * compaction. A method that throws has added nothing.
 */
export class LineEncoder {
  private buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  private used = 0;
  /** Where the next byte of the line under way goes. */
  private position = 0;
  /** The timestamp of the last line, and its text. */
  private timestamp = NaN;
  private readonly timestampText = Buffer.allocUnsafeSlow(TIMESTAMP.length + MAX_SECONDS_BYTES);
  private timestampLength = 0;

  /** How many bytes have been encoded since the last `reset`. */
  get length(): number {
    return this.used;
  }

  /** The encoded lines, newlines included: a view of the encoder's buffer, good until the next call that encodes or resets. */
  bytes(): Buffer {
    return this.buffer.subarray(0, this.used);
  }

  /** Forgets all lines. */
  reset(): void {
    this.used = 0;
    if (this.buffer.length > KEPT_BYTES) this.buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  }

  /**
   * Adds a `set`.
   *
   * @param key 1 to 1,024 bytes of UTF-8, no NUL, no lone surrogate
   * @param value the text of one JSON document without white space between its tokens
   * @param expiresAt whole milliseconds of Unix time, or `Infinity` for never
   * @param timestamp when it is written, whole milliseconds of Unix time, not negative
   * @param createdAt whole milliseconds; undefined leaves it to the reader's rule (see `LogVisitor.set`)
   * @param seq the write's revision
   * @param group the log writer's `group`; 0 in a compacted part
   * @param txnIndex which line of its atomic transaction this is, from 1
   * @param txnLength how many lines that transaction has; below 2 the line stands for itself
   * @throws RangeError for anything that a reader would take for damage
   */
  encodeSet(
    key: string,
    value: string,
    expiresAt: number,
    timestamp: number,
    createdAt: number | undefined,
    seq: number,
    group: number,
    txnIndex = 0,
    txnLength = 0,
  ): void {
    this.begin(key.length + value.length);
    this.putText(SET_HEAD);
    this.putKey(key);
    this.putText(VALUE);
    this.putValue(value);
    if (expiresAt !== Infinity) {
      this.putText(TTL);
      this.putSeconds(expiresAt - timestamp);
    }
    this.putTimestamp(timestamp);
    if (createdAt !== undefined) {
      this.putText(CREATED);
      this.putSeconds(requireTime(createdAt));
    }
    this.putOrder(seq, group, txnIndex, txnLength);
    this.end();
  }

  /** Adds a `delete`; the parameters are those of `encodeSet`. */
  encodeDelete(key: string, timestamp: number, seq: number, group: number, txnIndex = 0, txnLength = 0): void {
    this.begin(key.length);
    this.putText(DELETE_HEAD);
    this.putKey(key);
    this.buffer[this.position++] = QUOTE;
    this.putTimestamp(timestamp);
    this.putOrder(seq, group, txnIndex, txnLength);
    this.end();
  }

  /**
   * Adds a seal. Everything before it must have been synced.
   *
   * @param timestamp milliseconds of Unix time
   * @param seq the last revision given out so far, 0 if none was
   * @param lines in the seal that closes a compacted part: how many lines that part has
   */
  encodeSeal(timestamp: number, seq: number, lines?: number): void {
    this.begin(0);
    this.putText(SEAL_HEAD);
    this.putSeconds(requireTime(timestamp));
    this.putText(SEQ);
    this.putInteger(seq);
    if (lines !== undefined) {
      this.putText(LINES);
      this.putInteger(lines);
    }
    this.end();
  }

  /** Starts a line with `textUnits` UTF-16 units of key and value, each at most 6 bytes in the line (an escaped control character). */
  private begin(textUnits: number): void {
    this.position = this.used;
    // Values and keys without escapes take 3 bytes a unit at most; `putKey` asks for more itself.
    this.reserve(FIXED_BYTES + 3 * textUnits);
  }

  /** Makes room for `bytes` more from the position on. */
  private reserve(bytes: number): void {
    const needed = this.position + bytes;
    if (needed <= this.buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.buffer.length));
    this.buffer.copy(grown, 0, 0, this.position);
    this.buffer = grown;
  }

  /** Adds the checksum of the line so far and its newline. Only now the line is part of the group. */
  private end(): void {
    if (this.position - this.used > MAX_LINE_BYTES - CRC.length - 10) {
      throw new RangeError(`A line of the log holds at most ${MAX_LINE_BYTES} bytes, key and value included`);
    }
    const sum = crc32(this.buffer, this.used, this.position);
    this.putText(CRC);
    const { buffer } = this;
    let { position } = this;
    for (let shift = 28; shift >= 0; shift -= 4) {
      buffer[position++] = HEX_DIGITS[(sum >>> shift) & 15]!;
    }
    buffer[position++] = QUOTE;
    buffer[position++] = CLOSE_BRACE;
    buffer[position++] = NEWLINE;
    this.position = position;
    this.used = position;
  }

  private putText(text: Buffer, length = text.length): void {
    const { buffer } = this;
    let { position } = this;
    for (let i = 0; i < length; i++) buffer[position++] = text[i]!;
    this.position = position;
  }

  /** The key without its quotes. */
  private putKey(key: string): void {
    const { buffer } = this;
    let { position } = this;
    if (key.length > 0 && key.length <= SHORT_TEXT) {
      let i = 0;
      for (; i < key.length; i++) {
        const unit = key.charCodeAt(i);
        if (unit < 0x20 || unit > 0x7e || unit === QUOTE || unit === BACKSLASH) break;
        buffer[position++] = unit;
      }
      if (i === key.length) {
        this.position = position;
        return;
      }
    }
    const problem = keyProblem(key);
    if (problem !== undefined) throw new RangeError(`The key ${problem}`);
    // JSON.stringify escapes exactly what JSON asks for; lone surrogates, which it would escape too, are out already.
    const text = JSON.stringify(key);
    this.reserve(FIXED_BYTES + 3 * text.length);
    this.position += this.buffer.write(text.slice(1, -1), this.position);
  }

  private putValue(value: string): void {
    const { buffer } = this;
    let { position } = this;
    if (value.length <= SHORT_TEXT) {
      let i = 0;
      for (; i < value.length; i++) {
        const unit = value.charCodeAt(i);
        if (unit < 0x20 || unit > 0x7e) break;
        buffer[position++] = unit;
      }
      if (i === value.length && i > 0) {
        this.position = position;
        return;
      }
    }
    if (value === '') throw new RangeError('The value is empty, but a value is the text of a JSON document');
    if (value.includes('\n')) throw new RangeError('The value contains a newline, which would end its line');
    if (LONE_SURROGATE.test(value)) {
      throw new RangeError('The value contains a lone surrogate, which UTF-8 can not hold');
    }
    this.reserve(FIXED_BYTES + 3 * value.length);
    this.position += this.buffer.write(value, this.position);
  }

  /** All lines of a group have the same time, so its text is kept. */
  private putTimestamp(timestamp: number): void {
    if (timestamp !== this.timestamp) {
      const start = this.position;
      this.putText(TIMESTAMP);
      this.putSeconds(requireTime(timestamp));
      for (let i = start; i < this.position; i++) this.timestampText[i - start] = this.buffer[i]!;
      this.timestampLength = this.position - start;
      this.timestamp = timestamp;
    } else {
      this.putText(this.timestampText, this.timestampLength);
    }
  }

  private putOrder(seq: number, group: number, txnIndex: number, txnLength: number): void {
    if (group > seq) throw new RangeError(`The group ${group} is after the line's own seq ${seq}`);
    this.putText(SEQ);
    this.putInteger(seq);
    this.putText(GROUP);
    this.putInteger(group);
    if (txnLength > 1) {
      if (!(txnIndex >= 1 && txnIndex <= txnLength)) {
        throw new RangeError(`Line ${txnIndex} of ${txnLength} is no place in a transaction`);
      }
      this.putText(TXN);
      this.putInteger(txnIndex);
      this.buffer[this.position++] = COMMA;
      this.putInteger(txnLength);
      this.buffer[this.position++] = CLOSE_BRACKET;
    }
  }

  /** Milliseconds as seconds with up to three decimals. */
  private putSeconds(milliseconds: number): void {
    if (!Number.isSafeInteger(milliseconds)) {
      throw new RangeError(`Times are whole milliseconds below 2^53, but got ${milliseconds}`);
    }
    if (milliseconds < 0) {
      this.buffer[this.position++] = MINUS;
      milliseconds = -milliseconds;
    }
    const seconds = Math.floor(milliseconds / 1000);
    const rest = milliseconds - seconds * 1000;
    this.putInteger(seconds);
    if (rest === 0) return;
    const { buffer } = this;
    const hundreds = (rest / 100) | 0;
    const tens = ((rest / 10) | 0) % 10;
    const ones = rest % 10;
    buffer[this.position++] = DOT;
    buffer[this.position++] = ZERO + hundreds;
    if (tens !== 0 || ones !== 0) buffer[this.position++] = ZERO + tens;
    if (ones !== 0) buffer[this.position++] = ZERO + ones;
  }

  /** A whole number from 0 to 2^53 - 1. */
  private putInteger(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new RangeError(`A count is a whole number from 0 to 2^53 - 1, but got ${value}`);
    }
    let digits = 1;
    for (let limit = 10; digits < 16 && value >= limit; limit *= 10) digits++;
    const { buffer } = this;
    const end = this.position + digits;
    let at = end;
    let rest = value;
    while (rest > 0x7fffffff) {
      const next = Math.floor(rest / 10);
      buffer[--at] = ZERO + (rest - next * 10);
      rest = next;
    }
    let small = rest | 0;
    while (at > this.position) {
      const next = (small / 10) | 0;
      buffer[--at] = ZERO + (small - next * 10);
      small = next;
    }
    this.position = end;
  }
}

function requireTime(milliseconds: number): number {
  if (!(milliseconds >= 0)) throw new RangeError(`Times are not before 1970, but got ${milliseconds}`);
  return milliseconds;
}
