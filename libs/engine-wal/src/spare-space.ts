/** What a file that is written beside the log leaves free on its disk, in bytes, for the writes that go on. */
export const SPARE_BYTES = 16 * 1024 * 1024;
