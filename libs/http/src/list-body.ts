import type { WireBody } from './wire-answer.js';

/** Longer answers are sent in pieces of about this many UTF-16 units: all values of a batch of reads together may be longer than a string can be. */
const PIECE_UNITS = 262_144;

/**
 * The body of an answer that holds a list: as one text when it is short, else in pieces.
 *
 * @param head what comes before the first element, as in `{"results":[`
 * @param elements JSON texts
 * @param tail what comes after the last element, as in `]}`
 */
export function listBody(head: string, elements: readonly string[], tail: string): WireBody {
  let units = 0;
  for (const element of elements) units += element.length;
  return units <= PIECE_UNITS ? `${head}${elements.join(',')}${tail}` : pieces(head, elements, tail);
}

function* pieces(head: string, elements: readonly string[], tail: string): Generator<string> {
  let piece = head;
  let separator = '';
  for (const element of elements) {
    if (piece.length > PIECE_UNITS) {
      yield piece;
      piece = '';
    }
    piece += separator + element;
    separator = ',';
  }
  yield piece + tail;
}
