/** The same load as requests.lua's, where wrk is not there: autocannon.mjs PORT FILE CONNECTIONS SECONDS, the file being JSON. */
import { readFile } from 'node:fs/promises';
import autocannon from 'autocannon';

const [port, file, connections, seconds] = process.argv.slice(2);
const result = await autocannon({
  url: `http://127.0.0.1:${port}`,
  connections: Number(connections),
  duration: Number(seconds),
  requests: JSON.parse(await readFile(file, 'utf8')),
});
process.stdout.write(
  JSON.stringify({
    requests: result.requests.total,
    micros: result.duration * 1e6,
    // autocannon counts whole milliseconds.
    p50: result.latency.p50 * 1000,
    p99: result.latency.p99 * 1000,
    status: result.non2xx,
    sockets: result.errors,
    timeouts: result.timeouts,
  }),
);
