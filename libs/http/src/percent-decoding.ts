import { isUtf8 } from 'node:buffer';
import { WireRefusal } from './wire-refusal.js';

const PERCENT = 0x25;
const PLUS = 0x2b;
const SPACE = 0x20;

// Request targets are latin1 text, one unit a byte: only these mean something else than they look.
const NEEDS_DECODING = /[%\u0080-\u00ff]/;

/**
 * Decodes a part of a raw request target once: `%hh` to a byte, bytes above 127 as they are, then strict UTF-8 (no U+FFFD, a byte order mark is kept).
 *
 * @param raw latin1 text, each unit one byte
 * @param what the part's name in error texts, such as `the key`
 * @throws WireRefusal 400 for a `%` without two hexadecimal digits and for bytes that are not UTF-8
 */
export function decodePercent(raw: string, what: string): string {
  return NEEDS_DECODING.test(raw) ? decode(raw, what, false) : raw;
}

/** As {@link decodePercent}, and `+` is a space, as forms and browsers write queries. */
export function decodeFormPercent(raw: string, what: string): string {
  return raw.includes('+') || NEEDS_DECODING.test(raw) ? decode(raw, what, true) : raw;
}

function decode(raw: string, what: string, plusIsSpace: boolean): string {
  const bytes = Buffer.allocUnsafe(raw.length);
  let length = 0;
  for (let i = 0; i < raw.length; i++) {
    let byte = raw.charCodeAt(i);
    if (byte === PERCENT) {
      byte = hexDigit(raw.charCodeAt(i + 1)) * 16 + hexDigit(raw.charCodeAt(i + 2));
      if (Number.isNaN(byte)) {
        const found = raw.slice(i, i + 3);
        throw new WireRefusal(
          400,
          `${what} has bad percent-encoding: '${found}' is not % and two hexadecimal digits (a percent sign itself is written %25)`,
        );
      }
      i += 2;
    } else if (byte === PLUS && plusIsSpace) {
      byte = SPACE;
    }
    bytes[length++] = byte;
  }
  const used = bytes.subarray(0, length);
  if (!isUtf8(used)) throw new WireRefusal(400, `${what} is not valid UTF-8 once decoded`);
  return used.toString('utf8');
}

/** The digit's value, NaN for anything else (`charCodeAt` past the end is NaN too). */
function hexDigit(unit: number): number {
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30;
  const lower = unit | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : NaN;
}
