import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { request } from 'undici';
import { awayFromServers, find, output } from './processes.mjs';
import { LOAD } from './paths.mjs';
import { rawRequest } from './requests.mjs';

/** autocannon builds each request once for each of its connections. */
const AUTOCANNON_REQUESTS = 200;

const wrk = find('wrk');
/** What makes the load. */
export const LOAD_PROGRAM = wrk ? 'wrk' : 'autocannon';

let files = 0;

/**
 * Load of an HTTP server: many connections, each sending its next request when the last one is answered.
 *
 * @param requests sent in turn
 * @returns a function that loads the server for so many seconds (whole ones) and gives `requests`, `seconds`, `p50Ms` and `p99Ms`; it throws when one was not answered with 2xx
 */
export async function httpLoad(folder, port, requests, connections) {
  const file = join(folder, `requests-${files++}`);
  await writeFile(
    file,
    wrk
      ? requests.map((each) => `${rawRequest(each)}\0`).join('')
      : JSON.stringify(
          requests.slice(0, AUTOCANNON_REQUESTS).map((each) => ({ ...each, body: each.body || undefined })),
        ),
  );
  const url = `http://127.0.0.1:${port}`;
  return async (seconds) => {
    const [command, args] = wrk
      ? [wrk, ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', join(LOAD, 'requests.lua'), url, '--', file]]
      : [process.execPath, [join(LOAD, 'autocannon.mjs'), port, file, connections, seconds].map(String)];
    const text = await output(...awayFromServers(command, args));
    const result = JSON.parse(text.trimEnd().split('\n').at(-1));
    if (result.requests === 0) throw new Error(`${url} answered nothing within ${seconds} s`);
    if (result.status + result.sockets + result.timeouts > 0) {
      throw new Error(
        `${url} (${requests[0].method} ${requests[0].path}): of ${result.requests} requests ${result.status} were not answered with 2xx, ` +
          `${result.sockets} connections broke, ${result.timeouts} took too long`,
      );
    }
    return {
      requests: result.requests,
      seconds: result.micros / 1e6,
      p50Ms: result.p50 / 1000,
      p99Ms: result.p99 / 1000,
    };
  };
}

/** Sends requests and asks for a 2xx each; gives the bodies. */
export async function sendAll(port, requests, atOnce = 64) {
  const bodies = Array.from({ length: requests.length });
  let next = 0;
  const one = async () => {
    while (next < requests.length) {
      const i = next++;
      const { method, path, headers, body } = requests[i];
      const answer = await request(`http://127.0.0.1:${port}${path}`, { method, headers, body: body || undefined });
      bodies[i] = await answer.body.text();
      if (answer.statusCode < 200 || answer.statusCode > 299) {
        throw new Error(`${method} ${path} of port ${port} was answered with ${answer.statusCode}: ${bodies[i]}`);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, requests.length) }, one));
  return bodies;
}
