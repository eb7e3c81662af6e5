/**
 * Why a JSON text was refused:
 *
 * - `empty`: nothing there but white space;
 * - `encoding`: not UTF-8 (RFC 3629), or a byte order mark in front (RFC 8259, section 8.1);
 * - `syntax`: not RFC 8259's grammar;
 * - `depth`: arrays and objects nested deeper than allowed;
 * - `duplicate`: an entered object has two members of the same name;
 * - `type`: well-formed, but another kind of value than the one that was asked for.
 */
export type JsonReadReason = 'empty' | 'encoding' | 'syntax' | 'depth' | 'duplicate' | 'type';

/** A JSON text that the reader refuses. Its message says what was expected, what was found, and where. */
export class JsonReadError extends Error {
  override readonly name = 'JsonReadError';

  /**
   * @param reason what kind of misfit it is; stable, for programs
   * @param offset where it is: bytes from the start of the text
   * @param problem what is wrong, for people; the message is this with the offset behind it
   */
  constructor(
    readonly reason: JsonReadReason,
    readonly offset: number,
    problem: string,
  ) {
    super(`${problem} at byte ${offset}`);
  }
}
