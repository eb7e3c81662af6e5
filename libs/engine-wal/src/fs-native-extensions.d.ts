/** The package brings no types; this is what of it is used. */
declare module 'fs-native-extensions' {
  /**
   * Takes an exclusive lock on an open file (on Linux an open file description lock, `F_OFD_SETLK`), without waiting.
   *
   * @returns false when another open file description, of this process or another, holds one
   */
  export function tryLock(fd: number): boolean;
}
