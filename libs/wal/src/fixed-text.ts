/** A text that lines are compared to, four bytes at a time. */
export class FixedText {
  readonly length: number;
  private readonly offsets: readonly number[];
  private readonly words: readonly number[];

  /** @param text of 4 bytes or more. */
  constructor(text: Buffer) {
    this.length = text.length;
    const offsets = [];
    for (let at = 0; at + 4 < text.length; at += 4) offsets.push(at);
    // The last word may overlap the one before it.
    offsets.push(text.length - 4);
    this.offsets = offsets;
    this.words = offsets.map((at) => text.readInt32LE(at));
  }

  /** Whether the text stands at `at`; the view must have so many bytes from there on. */
  isAt(view: DataView, at: number): boolean {
    const { offsets, words } = this;
    for (let i = 0; i < words.length; i++) {
      if (view.getInt32(at + offsets[i]!, true) !== words[i]) return false;
    }
    return true;
  }
}
