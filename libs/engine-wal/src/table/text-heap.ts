/** A buffer that grows gets a quarter more than what it has to hold. */
const SPARE_SHARE = 4;
/** What fills up gets this many times what its texts will take if they go on as they began. */
const FILL_SPARE = 1.05;
/** Below this a buffer is not made smaller. */
const SMALLEST_SHRUNK_BYTES = 1024;
/** A buffer is made smaller when less than one in so many of the bytes it was used for is held, after a text was replaced and after one was removed (whose place is likely to be filled again). */
const REPLACED_SHARE = 2;
const REMOVED_SHARE = 4;
/** A buffer grows to no more than this many times what it holds, however many places are empty. */
const LARGEST_GROWTH = 2;
/** Longer texts are copied by native code, whose call takes as long as a loop over so many bytes. */
const LOOP_BYTES = 40;
/** What a `Map` takes for one text of a large size. */
const LARGE_BYTES = 40;

/** What a text in a buffer takes, averaged over many: its UTF-8 bytes and an eighth of spare room. */
export function inlineCost(bytes: number): number {
  return bytes + (bytes >>> 3);
}

/**
 * What a text that is too large for a buffer takes: a string (a header of 16 bytes, one or two bytes a UTF-16 unit in steps of 8) and what finds it. One that is not all ASCII (its UTF-8 has more bytes than
 * it has units) counts as two bytes a unit.
 */
export function largeCost(units: number, bytes: number): number {
  return LARGE_BYTES + ((16 + (bytes === units ? units : 2 * units) + 7) & ~7);
}

/**
 * The texts of a fixed number of places, as UTF-8, one behind the other in one buffer: the garbage collector has nothing to visit, and a text needs no header.
 *
 * Texts above a certain size are kept as strings of their own, so that the buffer stays small enough to be copied at one go. One that is replaced by one that is no longer keeps its room; any other goes to the end of the buffer. When the end is reached, or
 * too little of the room is in use, what is still held moves together into a new one.
 */
export class TextHeap {
  /** Where the texts are; another buffer after any `put` or `clear`. */
  bytes: Buffer;
  /** For each place where its text starts and its length, side by side, as a reader needs both. */
  private readonly spans: Uint32Array;
  /** The buffer is used up to here. */
  private end = 0;
  /** The most of the buffer that was used since it was made: what the last texts to come leave when they go is room, too. */
  private mostUsed = 0;
  /** Bytes of the texts in the buffer. */
  private held = 0;
  /** Places whose text is in the buffer and not empty. */
  private count = 0;
  /** Texts that are too large for the buffer, by place. */
  private large: Map<number, string> | undefined;

  /**
   * @param largestInline UTF-8 bytes of the largest text that goes into the buffer.
   * @param like a full heap, to whose texts those of this one will be similar, so that it gets room for them at once.
   */
  constructor(
    places: number,
    private readonly largestInline: number,
    like: TextHeap | undefined,
  ) {
    this.spans = new Uint32Array(2 * places);
    this.bytes = Buffer.allocUnsafeSlow(like === undefined ? 0 : Math.ceil(like.held * FILL_SPARE));
  }

  /** Bytes of the buffer and of the texts outside of it, without the 8 of each place. */
  get memoryBytes(): number {
    let bytes = this.bytes.length;
    if (this.large !== undefined) {
      for (const [place, text] of this.large) bytes += largeCost(text.length, this.spans[2 * place + 1]!);
    }
    return bytes;
  }

  /** Where a text starts in `bytes`, unless it is a large one. */
  startOf(place: number): number {
    return this.spans[2 * place]!;
  }

  /** UTF-8 bytes of a text; 0 where none is. */
  lengthOf(place: number): number {
    return this.spans[2 * place + 1]!;
  }

  /** The text of a place, as a string of its own. */
  textOf(place: number): string {
    const length = this.spans[2 * place + 1]!;
    if (length > this.largestInline) return this.large!.get(place)!;
    const start = this.spans[2 * place]!;
    return this.bytes.toString('utf8', start, start + length);
  }

  /**
   * Puts the UTF-8 text from `from` to `to` of `source` into a place, instead of the one there is.
   *
   * @returns how much more the texts held cost, by {@link inlineCost} and {@link largeCost}.
   */
  put(place: number, source: Buffer, from: number, to: number): number {
    const length = to - from;
    if (length > this.largestInline) return this.putLarge(place, source.toString('utf8', from, to), length);
    const before = this.spans[2 * place + 1]!;
    if (length === 0 || length > before || before > this.largestInline) {
      const cost = this.remove(place) + inlineCost(length);
      this.append(place, source, from, to);
      return cost;
    }
    this.held += length - before;
    this.spans[2 * place + 1] = length;
    copy(source, from, to, this.bytes, this.spans[2 * place]!);
    // After the copy, as the text moves.
    this.giveRoomBack(REPLACED_SHARE);
    return inlineCost(length) - inlineCost(before);
  }

  /** Puts a text that is not too large into a place that has none. */
  private append(place: number, source: Buffer, from: number, to: number): void {
    const length = to - from;
    if (this.end + length > this.bytes.length) this.makeRoom(length);
    const start = this.end;
    this.spans[2 * place] = start;
    this.spans[2 * place + 1] = length;
    this.end = start + length;
    if (this.end > this.mostUsed) this.mostUsed = this.end;
    this.held += length;
    if (length > 0) this.count++;
    copy(source, from, to, this.bytes, start);
  }

  /** The same with a string that is too large for the buffer. It must be flat: one cut out of a longer text keeps all of that alive. */
  putLarge(place: number, text: string, bytes: number): number {
    const cost = this.remove(place) + largeCost(text.length, bytes);
    this.large ??= new Map();
    this.large.set(place, text);
    this.spans[2 * place + 1] = bytes;
    this.giveRoomBack(REPLACED_SHARE);
    return cost;
  }

  /** Forgets the text of a place; gives how much more the texts held cost, which is not above 0. */
  clear(place: number): number {
    const cost = this.remove(place);
    this.giveRoomBack(REMOVED_SHARE);
    return cost;
  }

  /** Makes the buffer smaller when less than one in `share` of the bytes it was used for is held: so seldom that the bytes that went pay for it. */
  private giveRoomBack(share: number): void {
    const { held, mostUsed } = this;
    if (mostUsed >= SMALLEST_SHRUNK_BYTES && held < mostUsed / share) this.rebuild(withSpare(held));
  }

  private remove(place: number): number {
    const length = this.spans[2 * place + 1]!;
    if (length === 0) return 0;
    this.spans[2 * place + 1] = 0;
    if (length > this.largestInline) {
      const { length: units } = this.large!.get(place)!;
      this.large!.delete(place);
      return -largeCost(units, length);
    }
    this.held -= length;
    this.count--;
    // Texts that came last and go first leave no gap.
    if (this.spans[2 * place]! + length === this.end) this.end -= length;
    return -inlineCost(length);
  }

  private makeRoom(length: number): void {
    const needed = this.held + length;
    // While places fill up, the others are expected to be like those there are.
    const full = Math.ceil((needed / (this.count + 1)) * (this.spans.length / 2) * FILL_SPARE);
    this.rebuild(Math.max(withSpare(needed), Math.min(full, LARGEST_GROWTH * needed)));
  }

  private rebuild(capacity: number): void {
    const { bytes, spans } = this;
    const target = Buffer.allocUnsafeSlow(capacity);
    if (this.end === this.held) {
      bytes.copy(target, 0, 0, this.end);
    } else {
      let end = 0;
      for (let at = 0; at < spans.length; at += 2) {
        const length = spans[at + 1]!;
        if (length === 0 || length > this.largestInline) continue;
        const start = spans[at]!;
        copy(bytes, start, start + length, target, end);
        spans[at] = end;
        end += length;
      }
      this.end = end;
    }
    this.bytes = target;
    this.mostUsed = this.end;
  }
}

function withSpare(bytes: number): number {
  return bytes + Math.ceil(bytes / SPARE_SHARE);
}

function copy(source: Buffer, from: number, to: number, target: Buffer, at: number): void {
  if (to - from > LOOP_BYTES) {
    source.copy(target, at, from, to);
  } else {
    for (let i = from; i < to; i++) target[at++] = source[i]!;
  }
}
