import {
  BACKSLASH,
  COLON,
  COMMA,
  isDigit,
  isHexDigit,
  isJsonSpace,
  LEFT_BRACE,
  LEFT_BRACKET,
  LOWER_B,
  LOWER_E,
  LOWER_F,
  LOWER_N,
  LOWER_R,
  LOWER_T,
  LOWER_U,
  MINUS,
  PLUS,
  POINT,
  QUOTE,
  RIGHT_BRACE,
  RIGHT_BRACKET,
  SLASH,
  SPACE,
  ZERO,
} from './ascii.js';
import { JsonReadError } from './json-error.js';

/** What the byte of a scanner is past the end of the text. */
export const END = -1;

/**
 * Moves over the tokens of a JSON text and checks them against RFC 8259's grammar; decodes nothing.
 *
 * Positions are bytes from the start. Bytes above 0x7F are taken as they are inside strings: whoever makes a scanner has
 * checked the encoding. Every refusal is a JsonReadError, `syntax` or `depth`.
 */
export class JsonScanner {
  /** The byte that is looked at next. */
  position = 0;
  /** Whether the last string that was scanned has an escape in it. */
  escaped = false;
  /** Set when white space is skipped; whoever wants to know clears it first. */
  spaced = false;

  constructor(private readonly bytes: Uint8Array) {}

  /** Skips white space; returns the byte at the new position, or END. */
  skipSpace(): number {
    const { bytes } = this;
    let at = this.position;
    if (at >= bytes.length) return END;
    let byte = bytes[at]!;
    if (byte > SPACE) return byte;
    while (isJsonSpace(byte)) {
      at++;
      if (at >= bytes.length) {
        byte = END;
        break;
      }
      byte = bytes[at]!;
    }
    if (at > this.position) this.spaced = true;
    this.position = at;
    return byte;
  }

  /**
   * Moves over one value, white space in front of it included.
   *
   * @param maxDepth how many arrays and objects may be open at once inside it
   */
  scanValue(maxDepth: number): void {
    // What is open, outermost first: true for an object. A list and not the call stack, which a hostile text would overflow.
    const open: boolean[] = [];
    for (;;) {
      const byte = this.skipSpace();
      if (byte === LEFT_BRACE || byte === LEFT_BRACKET) {
        if (open.length >= maxDepth) {
          throw new JsonReadError('depth', this.position, `Nested deeper than ${maxDepth} levels: another one starts`);
        }
        const isObject = byte === LEFT_BRACE;
        open.push(isObject);
        this.position++;
        if (this.skipSpace() !== (isObject ? RIGHT_BRACE : RIGHT_BRACKET)) {
          if (isObject) this.scanName();
          continue;
        }
      } else {
        this.scanScalar(byte);
      }
      if (!this.scanToNextValue(open)) return;
    }
  }

  /** After a value or at a closing bracket: moves to where the next value starts; false when nothing is open any more. */
  private scanToNextValue(open: boolean[]): boolean {
    while (open.length > 0) {
      const isObject = open[open.length - 1]!;
      const byte = this.skipSpace();
      if (byte === COMMA) {
        this.position++;
        if (isObject) this.scanName();
        return true;
      }
      if (byte !== (isObject ? RIGHT_BRACE : RIGHT_BRACKET)) {
        throw this.unexpected(isObject ? "',' or '}'" : "',' or ']'");
      }
      this.position++;
      open.pop();
    }
    return false;
  }

  /** Moves over a member's name and its colon. */
  scanName(): void {
    this.scanNameString();
    this.scanColon();
  }

  /** Moves over a member's name up to its closing quote; white space in front is skipped. Returns where the name starts. */
  scanNameString(): number {
    if (this.skipSpace() !== QUOTE) throw this.unexpected('a member name in double quotes');
    const start = this.position;
    this.scanString();
    return start;
  }

  scanColon(): void {
    if (this.skipSpace() !== COLON) throw this.unexpected("':' after a member name");
    this.position++;
  }

  /** Moves over a string, number, `true`, `false` or `null`. `byte` is the one at the position, or END. */
  private scanScalar(byte: number): void {
    if (byte === QUOTE) this.scanString();
    else if (byte === MINUS || isDigit(byte)) this.scanNumber();
    else if (byte === LOWER_T) this.scanWord('true');
    else if (byte === LOWER_F) this.scanWord('false');
    else if (byte === LOWER_N) this.scanWord('null');
    else throw this.unexpected('a value');
  }

  /** Moves over a string; the position is at its opening quote. */
  scanString(): void {
    const { bytes } = this;
    const { length } = bytes;
    let escaped = false;
    for (let at = this.position + 1; at < length; at++) {
      const byte = bytes[at]!;
      if (byte === QUOTE) {
        this.position = at + 1;
        this.escaped = escaped;
        return;
      }
      if (byte === BACKSLASH) {
        escaped = true;
        at = this.escapeEnd(at);
      } else if (byte < SPACE) {
        throw this.unexpected('control characters in a string as escapes', at);
      }
    }
    throw this.unexpected('the closing quote of a string', length);
  }

  /** The position of the last byte of the escape that starts at a backslash. */
  private escapeEnd(backslash: number): number {
    const at = backslash + 1;
    switch (this.byteAt(at)) {
      case QUOTE:
      case BACKSLASH:
      case SLASH:
      case LOWER_B:
      case LOWER_F:
      case LOWER_N:
      case LOWER_R:
      case LOWER_T:
        return at;
      case LOWER_U:
        for (let digit = at + 1; digit <= at + 4; digit++) {
          if (!isHexDigit(this.byteAt(digit))) throw this.unexpected('four hexadecimal digits after \\u', digit);
        }
        return at + 4;
      default:
        throw this.unexpected('one of "\\/bfnrtu after a backslash', at);
    }
  }

  /** Moves over a number; the position is at its first byte. */
  scanNumber(): void {
    if (this.byteAt(this.position) === MINUS) this.position++;
    if (this.byteAt(this.position) === ZERO) {
      this.position++;
      if (isDigit(this.byteAt(this.position))) throw this.unexpected('no digit after a leading zero');
    } else {
      this.scanDigits();
    }
    if (this.byteAt(this.position) === POINT) {
      this.position++;
      this.scanDigits();
    }
    if ((this.byteAt(this.position) | 0x20) === LOWER_E) {
      this.position++;
      const sign = this.byteAt(this.position);
      if (sign === PLUS || sign === MINUS) this.position++;
      this.scanDigits();
    }
  }

  /** Moves over one digit or more. */
  private scanDigits(): void {
    let at = this.position;
    while (isDigit(this.byteAt(at))) at++;
    if (at === this.position) throw this.unexpected('a digit');
    this.position = at;
  }

  private scanWord(word: string): void {
    for (let i = 0; i < word.length; i++) {
      if (this.byteAt(this.position + i) !== word.charCodeAt(i)) throw this.unexpected(word, this.position + i);
    }
    this.position += word.length;
  }

  private byteAt(position: number): number {
    return position < this.bytes.length ? this.bytes[position]! : END;
  }

  /** The error that says what the grammar wants at a position, and what is there. */
  unexpected(expected: string, position = this.position): JsonReadError {
    return new JsonReadError('syntax', position, `Expected ${expected}, found ${this.describe(position)}`);
  }

  private describe(position: number): string {
    const byte = this.byteAt(position);
    if (byte === END) return 'the end of the text';
    if (byte > SPACE && byte < 0x7f) return `'${String.fromCharCode(byte)}'`;
    return `the byte 0x${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
}
