import { FixedText } from './fixed-text.js';
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  CRC,
  CRC_MEMBER_BYTES,
  CREATED,
  DOT,
  GROUP,
  MINUS,
  QUOTE,
  SEQ,
  TIMESTAMP,
  TTL,
  TXN,
  ZERO,
} from './line-syntax.js';

const CRC_TEXT = new FixedText(CRC);
const TXN_TEXT = new FixedText(TXN);
const GROUP_TEXT = new FixedText(GROUP);
const SEQ_TEXT = new FixedText(SEQ);
const CREATED_TEXT = new FixedText(CREATED);
const TIMESTAMP_TEXT = new FixedText(TIMESTAMP);
const TTL_TEXT = new FixedText(TTL);

/** Value of each hexadecimal digit's byte, -1 for every other byte; only lower case counts. */
const HEX_VALUES = new Int8Array(256).fill(-1);
for (let i = 0; i < 16; i++) HEX_VALUES['0123456789abcdef'.charCodeAt(i)] = i;

const MAX_COUNT_DIGITS = 16;
const MAX_SECONDS_DIGITS = 13;
/** So many fit into a 32-bit integer, whatever they are. */
const INTEGER_DIGITS = 9;
const INTEGER_RANGE = 10 ** INTEGER_DIGITS;

/**
 * Reads what stands behind the key and value of a line of ours, from the line's end to its front: digits and fixed text only.
 * The checksum is read here, not compared.
 */
export class TrailerReader {
  /** Offset of the first byte that the trailer does not hold: the end of what the checksum guards. */
  crcStart = 0;
  /** The checksum as an unsigned number. */
  crc = 0;
  seq = 0;
  group = -1;
  txnIndex = 0;
  txnLength = 0;
  /** Milliseconds of Unix time. */
  timestamp = 0;
  /** Milliseconds of Unix time; undefined if there is none. */
  createdAt: number | undefined = undefined;
  /** Expiry minus timestamp in milliseconds; `Infinity` if there is none. */
  ttl = Infinity;
  /** Offset of the trailer's first byte: where the value, or a delete's closing quote, ends. */
  start = 0;

  /** Of the bytes that are being read. */
  view: DataView = new DataView(new ArrayBuffer(0));

  private bytes: Buffer = Buffer.alloc(0);
  /** The line's first byte: nothing before it is looked at. */
  private floor = 0;
  /** Everything from here on has been read. */
  private at = 0;

  /** Reads `,"crc":"…"}` at the end of a line. False if it is not there. */
  readCrc(bytes: Buffer, start: number, end: number): boolean {
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    this.floor = start;
    if (end - start < CRC_MEMBER_BYTES) return false;
    if (bytes[end - 1] !== CLOSE_BRACE || bytes[end - 2] !== QUOTE) return false;
    let crc = 0;
    for (let i = end - 10; i < end - 2; i++) {
      const digit = HEX_VALUES[bytes[i]!]!;
      if (digit < 0) return false;
      crc = (crc << 4) | digit;
    }
    this.crc = crc >>> 0;
    this.at = end - 10;
    if (!this.skip(CRC_TEXT)) return false;
    this.crcStart = this.at;
    return true;
  }

  /** Reads the members before the checksum, once `readCrc` has found it. False if they do not follow the grammar; `group` is then -1 unless it was sound. */
  readMembers(): boolean {
    this.group = -1;
    this.txnIndex = 0;
    this.txnLength = 0;
    this.createdAt = undefined;
    this.ttl = Infinity;
    const { bytes } = this;
    if (bytes[this.at - 1] === CLOSE_BRACKET) {
      this.at--;
      this.txnLength = this.readCount();
      if (this.txnLength < 2 || bytes[this.at - 1] !== COMMA) return false;
      this.at--;
      this.txnIndex = this.readCount();
      if (this.txnIndex < 1 || this.txnIndex > this.txnLength || !this.skip(TXN_TEXT)) return false;
    }
    const group = this.readCount();
    if (group < 0 || !this.skip(GROUP_TEXT)) return false;
    this.group = group;
    this.seq = this.readCount();
    if (this.seq < 0 || !this.skip(SEQ_TEXT)) return false;
    this.timestamp = this.readSeconds();
    if (this.timestamp < 0) return false;
    if (this.skip(CREATED_TEXT)) {
      this.createdAt = this.timestamp;
      this.timestamp = this.readSeconds();
      if (this.timestamp < 0) return false;
    }
    if (!this.skip(TIMESTAMP_TEXT)) return false;
    this.start = this.at;
    // A digit here is a ttl's, or belongs to a value that is a number, or that ends a delete's key: only `,"ttl":` before it tells.
    const ttl = this.readSeconds();
    if (ttl >= 0) {
      const negative = bytes[this.at - 1] === MINUS;
      if (negative) this.at--;
      if (this.skip(TTL_TEXT)) {
        this.ttl = negative ? -ttl : ttl;
        this.start = this.at;
      }
    }
    return true;
  }

  /** Steps over `text` if it ends where reading has come to. */
  private skip(text: FixedText): boolean {
    const from = this.at - text.length;
    if (from < this.floor || !text.isAt(this.view, from)) return false;
    this.at = from;
    return true;
  }

  /** A whole number that ends where reading has come to; -1 if there is none, or none below 2^53. */
  private readCount(): number {
    const value = this.readDigits(MAX_COUNT_DIGITS);
    return value <= Number.MAX_SAFE_INTEGER ? value : -1;
  }

  /** Seconds with up to three decimals, as milliseconds; -1 if there are none, or none below 2^53. */
  private readSeconds(): number {
    const end = this.at;
    const last = this.readDigits(MAX_SECONDS_DIGITS);
    if (last < 0) return -1;
    let milliseconds = last * 1000;
    if (this.bytes[this.at - 1] === DOT) {
      const decimals = end - this.at;
      if (decimals > 3) return -1;
      this.at--;
      const seconds = this.readDigits(MAX_SECONDS_DIGITS);
      if (seconds < 0) return -1;
      milliseconds = seconds * 1000 + (decimals === 3 ? last : decimals === 2 ? last * 10 : last * 100);
    }
    return milliseconds <= Number.MAX_SAFE_INTEGER ? milliseconds : -1;
  }

  /** The digits before where reading has come to, at most `most`; -1 for none. */
  private readDigits(most: number): number {
    const { bytes } = this;
    const end = this.at;
    const stop = Math.max(this.floor, end - most);
    // In two parts that are 32-bit integers, which are several times as fast as doubles.
    const split = Math.max(stop, end - INTEGER_DIGITS);
    let at = end;
    let low = 0;
    for (let scale = 1; at > split; at--) {
      const digit = bytes[at - 1]! - ZERO;
      if (digit < 0 || digit > 9) break;
      low = (low + digit * scale) | 0;
      scale = (scale * 10) | 0;
    }
    if (at === end) return -1;
    let high = 0;
    if (at === split) {
      for (let scale = 1; at > stop; at--) {
        const digit = bytes[at - 1]! - ZERO;
        if (digit < 0 || digit > 9) break;
        high = (high + digit * scale) | 0;
        scale = (scale * 10) | 0;
      }
    }
    this.at = at;
    return high * INTEGER_RANGE + low;
  }
}
