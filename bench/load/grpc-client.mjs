/**
 * Load of a gRPC server in a process of its own: `Get` over one connection, a fixed number in flight. It speaks HTTP/2 with messages made beforehand: a full
 * client would cost more than the server that is measured.
 *
 * grpc-client.mjs PORT SECONDS IN_FLIGHT KEYS API_KEY, the last one empty for none
 */
import { connect } from 'node:http2';
import { percentile } from '../lib/statistics.mjs';
import { keyOf } from '../lib/requests.mjs';

/** Of each process: its compiler's. Counted by `allRequests` alone. */
const WARM_UP_MS = 500;

const [port, seconds, inFlight, keys] = process.argv.slice(2, 6).map(Number);
const apiKey = process.argv[6];

/** gRPC's frame (not compressed, the length) around the message, whose only field is the key: field 1, a string. */
const messages = Array.from({ length: keys }, (_, i) => {
  const key = Buffer.from(keyOf(i));
  const message = Buffer.concat([Buffer.of(0x0a, key.length), key]);
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(message.length, 1);
  return Buffer.concat([frame, message]);
});
const headers = {
  ':method': 'POST',
  ':path': '/keyvalue.KeyValueService/Get',
  'content-type': 'application/grpc',
  te: 'trailers',
  ...(apiKey && { 'x-api-key': apiKey }),
};

const session = connect(`http://127.0.0.1:${port}`);
await new Promise((resolve, reject) => session.once('connect', resolve).once('error', reject));

let next = 0;
function call() {
  return new Promise((resolve, reject) => {
    const stream = session.request(headers);
    let status;
    let bytes = 0;
    stream.on('data', (piece) => (bytes += piece.length));
    stream.on('trailers', (trailers) => (status = trailers['grpc-status']));
    stream.on('error', reject);
    stream.on('close', () => {
      // A value that is there: gRPC's frame and more.
      if (status === '0' && bytes > 20) resolve();
      else reject(new Error(`a call ended with grpc-status ${status} and ${bytes} bytes`));
    });
    stream.end(messages[next++ % keys]);
  });
}

/** Calls for so many milliseconds; gives how long each took, in milliseconds. */
async function calls(ms) {
  const latencies = [];
  const until = performance.now() + ms;
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      for (let now = performance.now(); now < until;) {
        await call();
        const after = performance.now();
        latencies.push(after - now);
        now = after;
      }
    }),
  );
  return latencies;
}

const warmUp = await calls(WARM_UP_MS);
const begin = performance.now();
const latencies = await calls(seconds * 1000);
const took = (performance.now() - begin) / 1000;
const { user, system } = process.cpuUsage();
session.close();
const allRequests = warmUp.length + latencies.length;
process.stdout.write(
  JSON.stringify({
    requests: latencies.length,
    allRequests,
    seconds: took,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    clientCpuMicros: (user + system) / allRequests,
  }),
);
