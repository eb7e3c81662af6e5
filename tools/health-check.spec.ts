import { execFile } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { TestAuthority } from '@kvasir/test-harness';

const TOOL = fileURLToPath(new URL('health-check.mjs', import.meta.url));

/** Asks a server that answers 200 on /health and 503 elsewhere. @returns the exit status and what it said on standard error */
async function check(server: http.Server, env: NodeJS.ProcessEnv, ...path: string[]): Promise<[number, string]> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = String((server.address() as AddressInfo).port);
  try {
    return await new Promise((resolve) => {
      execFile(process.execPath, [TOOL, port, ...path], { env }, (error, _stdout, stderr) =>
        resolve([Number(error?.code ?? 0), stderr]),
      );
    });
  } finally {
    server.close();
  }
}

const answer: http.RequestListener = (req, res) => {
  res.writeHead(req.url === '/health' ? 200 : 503).end('not yet');
};

describe('tools/health-check.mjs', () => {
  it('is status 0 for a 200, and 1 with the answer for anything else', async () => {
    expect(await check(http.createServer(answer), {})).toEqual([0, '']);
    expect(await check(http.createServer(answer), {}, '/health/ready')).toEqual([
      1,
      expect.stringMatching(/^GET http:.*\/health\/ready failed: the answer is 503: not yet\n$/),
    ]);
  });

  it('asks over HTTPS when the service has TLS_CERT, whatever name the certificate has', async () => {
    const identity = await (await TestAuthority.make()).issue();
    const env = { TLS_CERT: '/etc/kvasir/cert.pem' };
    expect(await check(https.createServer({ ...identity }, answer), env)).toEqual([0, '']);
    expect(await check(http.createServer(answer), env)).toEqual([1, expect.stringContaining('GET https:')]);
  });
});
