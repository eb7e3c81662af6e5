/** A request: method, path, headers and body, as both loads take it. */
const json = (method, path, body) => ({
  method,
  path,
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(body),
});
const get = (path) => ({ method: 'GET', path, headers: {}, body: '' });

/** `key:0000123`. */
export const keyOf = (i) => `key:${String(i).padStart(7, '0')}`;

/** The value that `keyOf(i)` has in every contestant. */
export const valueOf = (i) => ({ id: i, name: `user ${i}` });

const base64 = (text) => Buffer.from(text).toString('base64');

/** How each API puts and gets a value. */
export const API = {
  kv: {
    get: (i) => get(`/kv/${keyOf(i)}`),
    put: (i) => json('PUT', `/kv/${keyOf(i)}`, { value: valueOf(i) }),
  },
  keys: { get: (i) => get(`/keys/${keyOf(i)}`) },
  records: { get: (i) => get(`/${keyOf(i)}`) },
  'store-v1': { get: (i) => get(`/api/v1/store/${keyOf(i)}`) },
  webdis: {
    get: (i) => get(`/GET/${keyOf(i)}`),
    put: (i) => json('PUT', `/SET/${keyOf(i)}`, valueOf(i)),
  },
  etcd: {
    get: (i) => json('POST', '/v3/kv/range', { key: base64(keyOf(i)) }),
    put: (i) => json('POST', '/v3/kv/put', { key: base64(keyOf(i)), value: base64(JSON.stringify(valueOf(i))) }),
  },
  gateway: {
    get: (i) => ({ ...get(`/v1/values/${keyOf(i)}`), headers: { 'x-api-key': 'bench' } }),
  },
};

/** The bytes of a request that keeps its connection. */
export function rawRequest({ method, path, headers, body }) {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const length = body === '' ? '' : `Content-Length: ${Buffer.byteLength(body)}\r\n`;
  return `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${lines.join('')}${length}\r\n${body}`;
}
