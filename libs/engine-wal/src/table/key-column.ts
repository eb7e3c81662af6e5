/** Where indexes look up the keys that their slots stand for: UTF-8 in buffers that may be others after any change. */
export interface KeyColumn {
  /** The buffer that holds the key of a slot. */
  keyBuffer(slot: number): Buffer;
  /** Where it starts there. */
  keyStart(slot: number): number;
  /** Its UTF-8 bytes. */
  keyLength(slot: number): number;
}

/** Compares two texts byte by byte; of two of which one begins with the other the shorter comes first. Below 0, 0 or above 0. */
export function compareBytes(
  a: Buffer,
  aStart: number,
  aLength: number,
  b: Buffer,
  bStart: number,
  bLength: number,
): number {
  const shorter = Math.min(aLength, bLength);
  for (let i = 0; i < shorter; i++) {
    const difference = a[aStart + i]! - b[bStart + i]!;
    if (difference !== 0) return difference;
  }
  return aLength - bLength;
}

/** Compares the keys of two slots. */
export function compareSlots(column: KeyColumn, a: number, b: number): number {
  return compareBytes(
    column.keyBuffer(a),
    column.keyStart(a),
    column.keyLength(a),
    column.keyBuffer(b),
    column.keyStart(b),
    column.keyLength(b),
  );
}

/** How many bytes the keys of two slots have in common at their begin. */
export function sharedLength(column: KeyColumn, a: number, b: number): number {
  const bytes = column.keyBuffer(a);
  const start = column.keyStart(a);
  const other = column.keyBuffer(b);
  const otherStart = column.keyStart(b);
  const most = Math.min(column.keyLength(a), column.keyLength(b));
  let shared = 0;
  while (shared < most && bytes[start + shared] === other[otherStart + shared]) shared++;
  return shared;
}
