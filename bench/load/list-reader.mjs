/** Reads whole answers and drops them: list-reader.mjs PORT API_KEY, which may be left out. For each path that it is sent it gives `bytes` and `ms`. */
import { connect } from 'node:net';

const port = Number(process.argv[2]);
const key = process.argv[3] === undefined ? '' : `x-api-key: ${process.argv[3]}\r\n`;

async function read(path) {
  const begin = performance.now();
  const socket = connect({ port, host: '127.0.0.1' });
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n${key}Connection: close\r\n\r\n`);
  let bytes = 0;
  let head = '';
  for await (const piece of socket) {
    if (bytes === 0) head = piece.toString('latin1', 0, 15);
    bytes += piece.length;
  }
  if (!head.startsWith('HTTP/1.1 200')) throw new Error(`${path} was answered with ${head}`);
  return { bytes, ms: performance.now() - begin };
}

process.on('message', (path) => void read(path).then((answer) => process.send(answer)));
process.on('disconnect', () => process.exit());
