/** Shorter texts are encoded by a loop, which takes less time than a call of native code. */
const LOOP_UNITS = 32;

/** Writes a text as UTF-8 and gives how many bytes that took. */
export function encode(text: string, target: Buffer, at: number): number {
  const { length } = text;
  if (length > LOOP_UNITS) return target.write(text, at);
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0x7f) return target.write(text, at);
    target[at + i] = unit;
  }
  return length;
}
