/** The fixed text of the lines of the log, as `docs/wal-format.md` gives it. All of it is ASCII. */
export const SET_HEAD = Buffer.from('{"op":"set","key":"');
export const DELETE_HEAD = Buffer.from('{"op":"delete","key":"');
export const SEAL_HEAD = Buffer.from('{"op":"seal","timestamp":');
/** What every line of ours starts with. */
export const ANY_HEAD = Buffer.from('{"op":"');
/** From the key's closing quote to the value. */
export const VALUE = Buffer.from('","value":');
export const TTL = Buffer.from(',"ttl":');
export const TIMESTAMP = Buffer.from(',"timestamp":');
export const CREATED = Buffer.from(',"created":');
export const SEQ = Buffer.from(',"seq":');
export const GROUP = Buffer.from(',"group":');
export const TXN = Buffer.from(',"txn":[');
export const LINES = Buffer.from(',"lines":');
export const CRC = Buffer.from(',"crc":"');

/** The checksum member with the closing brace: `,"crc":"` 8 digits `"}`. */
export const CRC_MEMBER_BYTES = CRC.length + 10;

/** Bytes that the syntax gives a meaning. */
export const NEWLINE = 0x0a;
export const SPACE = 0x20;
export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const MINUS = 0x2d;
export const DOT = 0x2e;
export const ZERO = 0x30;
export const BACKSLASH = 0x5c;
export const CLOSE_BRACKET = 0x5d;
export const CLOSE_BRACE = 0x7d;

/** The digits of the checksum, by value. */
export const HEX_DIGITS = Buffer.from('0123456789abcdef');
