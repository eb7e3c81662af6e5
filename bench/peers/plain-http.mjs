/**
 * The measure of what the platform allows: `/kv/:key` on plain node:http with a Map, nothing checked but that the key is there. The bodies of its answers are
 * kv-service's, byte for byte; values are parsed when they come and written when they go, as such a service does it.
 */
import { createServer } from 'node:http';

const store = new Map();
const STORED = '{"success":true}';
const MISSING = '{"error":"key not found"}';

function answer(response, status, body) {
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(body);
}

const server = createServer((request, response) => {
  const key = decodeURIComponent(request.url.slice('/kv/'.length));
  if (request.method === 'GET') {
    const value = store.get(key);
    if (value === undefined) answer(response, 404, MISSING);
    else answer(response, 200, JSON.stringify({ value }));
    return;
  }
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece));
  request.on('end', () => {
    const { value } = JSON.parse(Buffer.concat(pieces).toString());
    store.set(key, value);
    answer(response, 200, STORED);
  });
});
server.listen(Number(process.argv[2]), '127.0.0.1');
