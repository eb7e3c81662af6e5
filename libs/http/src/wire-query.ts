import { decodeFormPercent } from './percent-decoding.js';
import { WireRefusal } from './wire-refusal.js';

/**
 * The parameters of a query, decoded strictly: `application/x-www-form-urlencoded` as the URL standard reads it, but bad percent-encoding and bytes that are not UTF-8 are
 * refused instead of replaced.
 */
export class WireQuery {
  /** No parameter at all. */
  static readonly EMPTY = new WireQuery([]);

  readonly #pairs: readonly (readonly [name: string, value: string])[];

  private constructor(pairs: readonly (readonly [string, string])[]) {
    this.#pairs = pairs;
  }

  /**
   * Decodes what follows the `?` of a request target (latin1 text, one unit a byte). Empty pieces between `&` are skipped; a piece without `=` has an empty value.
   *
   * @throws WireRefusal 400
   */
  static parse(raw: string | undefined): WireQuery {
    if (raw === undefined || raw === '') return WireQuery.EMPTY;
    const pairs: [string, string][] = [];
    for (const piece of raw.split('&')) {
      if (piece === '') continue;
      const equals = piece.indexOf('=');
      const name = equals < 0 ? piece : piece.slice(0, equals);
      const value = equals < 0 ? '' : piece.slice(equals + 1);
      pairs.push([decodeFormPercent(name, 'the query'), decodeFormPercent(value, 'the query')]);
    }
    return new WireQuery(pairs);
  }

  /**
   * The value of a parameter that makes sense once only; undefined when it is absent.
   *
   * @throws WireRefusal 400 when it is given twice: whoever sent it and whoever reads it may not mean the same one.
   */
  get(name: string): string | undefined {
    const values = this.getAll(name);
    if (values.length > 1)
      throw new WireRefusal(400, `the query parameter '${name}' is given ${values.length} times; it may be given once`);
    return values[0];
  }

  /** All values of a parameter, in order. */
  getAll(name: string): string[] {
    return this.#pairs.filter((pair) => pair[0] === name).map((pair) => pair[1]);
  }

  /** Every name there is, in order, each once. */
  names(): string[] {
    return [...new Set(this.#pairs.map((pair) => pair[0]))];
  }
}
