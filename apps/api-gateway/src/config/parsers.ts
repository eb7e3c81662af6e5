import { host, port, type ValueParser } from '@kvasir/config';

const SECRET = /^[\x21-\x7e]+$/;

/** One key: what a header carries as it is. */
export const apiKey: ValueParser<readonly string[]> = {
  allowed: 'a key of printable ASCII characters without spaces',
  parse: (text) => (SECRET.test(text) ? [text] : undefined),
};

/** The key of those who watch. */
export const metricsKey: ValueParser<string> = {
  allowed: apiKey.allowed,
  parse: (text) => (SECRET.test(text) ? text : undefined),
};

/** One or more keys, separated by commas, with or without spaces around them. */
export const apiKeys: ValueParser<readonly string[]> = {
  allowed: 'one or more keys of printable ASCII characters without spaces, separated by commas',
  parse: (text) => {
    const keys = text.split(',').map((key) => key.trim());
    return keys.every((key) => SECRET.test(key)) ? keys : undefined;
  },
};

/** Where a gRPC service is: `host:port`. */
export const grpcAddress: ValueParser<string> = {
  allowed: 'an address host:port, an IPv6 address in brackets',
  parse: (text) => {
    const parts = /^(?:\[([^\]]*)\]|([^:]*)):(\d+)$/.exec(text.trim());
    if (parts === null) return undefined;
    const [, bracketed, plain = '', digits = ''] = parts;
    const name = host.parse(bracketed ?? plain);
    const number = port.parse(digits);
    if (name === undefined || number === undefined || number === 0) return undefined;
    if (name.includes(':') !== (bracketed !== undefined)) return undefined;
    return bracketed === undefined ? `${name}:${number}` : `[${name}]:${number}`;
  },
};
