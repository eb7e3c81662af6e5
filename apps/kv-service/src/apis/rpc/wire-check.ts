import { isUtf8 } from 'node:buffer';

// Wire types (https://protobuf.dev/programming-guides/encoding/).
const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const GROUP_START = 3;
const GROUP_END = 4;
const FIXED32 = 5;

const MAX_VARINT_BYTES = 10;

/** Reads the pieces of a message; `position` is NaN from the first one that does not fit. */
class WireScanner {
  position = 0;

  constructor(private readonly bytes: Buffer) {}

  get atEnd(): boolean {
    return this.position === this.bytes.length;
  }

  /** The number, as far as it fits a double: lengths and tags do. */
  varint(): number {
    let value = 0;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const byte = this.bytes[this.position++];
      if (byte === undefined) break;
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value;
    }
    this.position = NaN;
    return NaN;
  }

  /** Moves on; NaN past the end of the message. */
  skip(length: number): void {
    const end = this.position + length;
    this.position = end <= this.bytes.length ? end : NaN;
  }
}

/**
 * Checks the bytes of a message before they are decoded: protobufjs takes a length past the end for the rest of the message, a field of another wire type for a
 * string, and bytes that are not UTF-8 for U+FFFD. Stored, each would be another key or value than the one that was sent.
 *
 * @param strings the numbers of the message's fields that are strings
 * @returns what is wrong; undefined when nothing is
 */
export function problemOfMessage(bytes: Buffer, strings: ReadonlySet<number>): string | undefined {
  const scanner = new WireScanner(bytes);
  while (!scanner.atEnd) {
    const tag = scanner.varint();
    const type = tag % 8;
    const field = (tag - type) / 8;
    if (Number.isNaN(tag) || field === 0 || (strings.has(field) && type !== LENGTH_DELIMITED)) return MALFORMED;
    if (type === LENGTH_DELIMITED) {
      const length = scanner.varint();
      const start = scanner.position;
      scanner.skip(length);
      if (!Number.isNaN(scanner.position) && strings.has(field) && !isUtf8(bytes.subarray(start, scanner.position))) {
        return `the string in field ${field} is not valid UTF-8`;
      }
    } else if (type === VARINT) scanner.varint();
    else if (type === FIXED64) scanner.skip(8);
    else if (type === FIXED32) scanner.skip(4);
    else if (type !== GROUP_START && type !== GROUP_END) return MALFORMED;
    if (Number.isNaN(scanner.position)) return MALFORMED;
  }
  return undefined;
}

const MALFORMED = 'the message is malformed';
