/**
 * For health checks in containers, which have no curl: `node tools/health-check.mjs 8000` ends with status 0 when
 * `GET /health` on that port of this machine answers 200 within two seconds, and with 1 otherwise. A second argument is
 * another path to ask: `node tools/health-check.mjs 8000 /health/ready`.
 */
const [port, path = '/health'] = process.argv.slice(2);
const url = `http://127.0.0.1:${port}${path}`;
try {
  const answer = await fetch(url, { signal: AbortSignal.timeout(2000) });
  if (!answer.ok) throw new Error(`the answer is ${answer.status}: ${(await answer.text()).slice(0, 1000)}`);
} catch (error) {
  console.error(`GET ${url} failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
