import {
  BACKSLASH,
  COMMA,
  isDigit,
  isJsonSpace,
  LEFT_BRACE,
  LEFT_BRACKET,
  LOWER_F,
  LOWER_N,
  LOWER_T,
  MINUS,
  QUOTE,
  RIGHT_BRACE,
  RIGHT_BRACKET,
} from './ascii.js';
import { JsonReadError } from './json-error.js';
import { END, JsonScanner } from './json-scanner.js';
import type { JsonText } from './json-text.js';
import { MemberNames } from './member-names.js';
import { shortAscii } from './short-ascii.js';
import { checkUtf8 } from './utf8.js';

/** The kinds of JSON values. */
export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null';

export interface JsonReaderOptions {
  /** How many arrays and objects may be open at once inside one value: 0 lets scalars through alone, `[]` needs 1. */
  readonly maxDepth: number;
}

const DESCRIPTION: Readonly<Record<JsonKind, string>> = {
  object: 'an object',
  array: 'an array',
  string: 'a string',
  number: 'a number',
  boolean: 'a boolean',
  null: 'null',
};

// A name that is quoted in an error message; longer ones are cut.
const MAX_QUOTED_NAME = 64;

/** An object (with the names it had so far) or array (without) that was entered and not left yet. */
interface Entered {
  readonly names: MemberNames | undefined;
  started: boolean;
}

/**
 * Reads one JSON text (RFC 8259) piece by piece, in one pass over its bytes: the caller enters the objects and arrays of a
 * request's envelope and takes the values inside as text, which is checked but never built into objects.
 *
 * ```ts
 * const reader = new JsonReader(body, { maxDepth: 64 });
 * reader.enterObject();
 * for (let name = reader.nextMember(); name !== undefined; name = reader.nextMember()) {
 *   if (name === 'value') value = reader.readValue();
 *   else reader.skipValue();
 * }
 * reader.end();
 * ```
 *
 * After `nextMember` gave a name, or `nextElement` gave true, exactly one value must be read, skipped or entered. What is
 * entered is left by the `nextMember` or `nextElement` that finds its end. Whatever does not fit throws a JsonReadError,
 * and the reader is of no use after it. Strings that it returns are copies: none keeps the bytes, or a larger string, alive.
 */
export class JsonReader {
  private readonly scanner: JsonScanner;
  private readonly ascii: boolean;
  private readonly maxDepth: number;
  private readonly entered: Entered[] = [];

  /**
   * @param bytes the whole text; must not change while it is read
   * @throws JsonReadError `encoding` for anything but UTF-8 without a byte order mark, `empty` for nothing but white space
   */
  constructor(
    private readonly bytes: Buffer,
    options: JsonReaderOptions,
  ) {
    this.maxDepth = options.maxDepth;
    this.ascii = checkUtf8(bytes);
    this.scanner = new JsonScanner(bytes);
    if (this.scanner.skipSpace() === END) throw new JsonReadError('empty', 0, 'Expected JSON, found nothing');
  }

  /** The kind of the value that comes next, told by its first byte: the value itself may still turn out to be malformed. */
  peek(): JsonKind {
    const byte = this.scanner.skipSpace();
    if (byte === QUOTE) return 'string';
    if (byte === LEFT_BRACE) return 'object';
    if (byte === LEFT_BRACKET) return 'array';
    if (byte === MINUS || isDigit(byte)) return 'number';
    if (byte === LOWER_T || byte === LOWER_F) return 'boolean';
    if (byte === LOWER_N) return 'null';
    throw this.scanner.unexpected('a value');
  }

  /** Goes into the object that comes next; `type` when it is something else. */
  enterObject(): void {
    if (this.scanner.skipSpace() !== LEFT_BRACE) throw this.mismatch('object');
    this.scanner.position++;
    this.entered.push({ names: new MemberNames(), started: false });
  }

  /**
   * Moves to the next member of the entered object and returns its name, decoded; at the object's end leaves it and returns
   * nothing. `duplicate` when an earlier member has the same decoded name.
   */
  nextMember(): string | undefined {
    const { scanner } = this;
    const object = this.innermost();
    if (object.names === undefined) throw new Error('nextMember was called inside an array');
    if (!this.advance(object, RIGHT_BRACE, "',' or '}'")) return undefined;
    const start = scanner.scanNameString();
    const name = this.decodeString(start, scanner.position);
    if (!object.names.add(name)) {
      throw new JsonReadError('duplicate', start, `The member ${quoteName(name)} is given twice: again`);
    }
    scanner.scanColon();
    return name;
  }

  /** Goes into the array that comes next; `type` when it is something else. */
  enterArray(): void {
    if (this.scanner.skipSpace() !== LEFT_BRACKET) throw this.mismatch('array');
    this.scanner.position++;
    this.entered.push({ names: undefined, started: false });
  }

  /** Moves to the next element of the entered array; at the array's end leaves it and returns false. */
  nextElement(): boolean {
    const array = this.innermost();
    if (array.names !== undefined) throw new Error('nextElement was called inside an object');
    return this.advance(array, RIGHT_BRACKET, "',' or ']'");
  }

  /** The value that comes next, of any kind, as its own text without white space between tokens. */
  readValue(): JsonText {
    const { scanner } = this;
    scanner.skipSpace();
    const start = scanner.position;
    scanner.spaced = false;
    scanner.scanValue(this.maxDepth);
    const text = scanner.spaced ? this.decodeSpaced(start, scanner.position) : this.decode(start, scanner.position);
    return text as JsonText;
  }

  /** The string that comes next, decoded; may hold lone surrogates. `type` when it is something else. */
  readString(): string {
    const { scanner } = this;
    if (scanner.skipSpace() !== QUOTE) throw this.mismatch('string');
    const start = scanner.position;
    scanner.scanString();
    return this.decodeString(start, scanner.position);
  }

  /** The number that comes next, as its own text. `type` when it is something else. */
  readNumberText(): string {
    const { scanner } = this;
    if (this.peek() !== 'number') throw this.mismatch('number');
    const start = scanner.position;
    scanner.scanNumber();
    return this.decode(start, scanner.position);
  }

  /** Moves over the value that comes next, checked like one that is read. */
  skipValue(): void {
    this.scanner.scanValue(this.maxDepth);
  }

  /** Checks that nothing but white space is left. */
  end(): void {
    if (this.entered.length > 0) throw new Error('end was called inside an object or array');
    if (this.scanner.skipSpace() !== END) throw this.scanner.unexpected('the end of the text');
  }

  private innermost(): Entered {
    const innermost = this.entered[this.entered.length - 1];
    if (innermost === undefined) throw new Error('no object or array was entered');
    return innermost;
  }

  /** Moves to the next piece of what was entered, over the comma in front of it; at the end leaves it and returns false. */
  private advance(container: Entered, closing: number, expected: string): boolean {
    const { scanner } = this;
    const byte = scanner.skipSpace();
    if (byte === closing) {
      scanner.position++;
      this.entered.pop();
      return false;
    }
    if (container.started) {
      if (byte !== COMMA) throw scanner.unexpected(expected);
      scanner.position++;
    }
    container.started = true;
    return true;
  }

  /** The error for a value of another kind. A malformed value is a `syntax` error before it is that. */
  private mismatch(expected: JsonKind): JsonReadError {
    const found = this.peek();
    const { position } = this.scanner;
    this.skipValue();
    return new JsonReadError('type', position, `Expected ${DESCRIPTION[expected]}, found ${DESCRIPTION[found]}`);
  }

  /** The content of the string token that was scanned last. */
  private decodeString(start: number, end: number): string {
    return this.scanner.escaped ? (JSON.parse(this.decode(start, end)) as string) : this.decode(start + 1, end - 1);
  }

  private decode(start: number, end: number): string {
    const { bytes } = this;
    return shortAscii(bytes, start, end - start) ?? bytes.toString(this.ascii ? 'latin1' : 'utf8', start, end);
  }

  /** Decodes a well-formed value, its white space left out. */
  private decodeSpaced(start: number, end: number): string {
    const { bytes } = this;
    const kept = Buffer.allocUnsafe(end - start);
    let length = 0;
    let inString = false;
    for (let at = start; at < end; at++) {
      const byte = bytes[at]!;
      if (!inString && isJsonSpace(byte)) continue;
      kept[length++] = byte;
      if (byte === QUOTE) inString = !inString;
      else if (byte === BACKSLASH) kept[length++] = bytes[++at]!;
    }
    return kept.toString(this.ascii ? 'latin1' : 'utf8', 0, length);
  }
}

function quoteName(name: string): string {
  return name.length <= MAX_QUOTED_NAME ? JSON.stringify(name) : `${JSON.stringify(name.slice(0, MAX_QUOTED_NAME))}…`;
}
