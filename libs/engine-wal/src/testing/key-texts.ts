import type { KeyColumn } from '../table/key-column.js';

/** Keys by slot, for an index; `push` gives the slot. */
export class KeyTexts implements KeyColumn {
  private readonly buffers: Buffer[] = [];

  constructor(keys: readonly string[] = []) {
    for (const key of keys) this.push(key);
  }

  push(key: string): number {
    return this.buffers.push(Buffer.from(key)) - 1;
  }

  keyBuffer(slot: number): Buffer {
    return this.buffers[slot]!;
  }

  keyStart(): number {
    return 0;
  }

  keyLength(slot: number): number {
    return this.buffers[slot]!.length;
  }
}
