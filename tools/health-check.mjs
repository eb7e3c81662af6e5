/**
 * For health checks in containers, which have no curl: `node tools/health-check.mjs 8000` ends with status 0 when
 * `GET /health` on that port of this machine answers 200 within two seconds, and with 1 otherwise.
 */
const port = process.argv[2];
try {
  const answer = await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(2000) });
  if (!answer.ok) throw new Error(`the answer is ${answer.status}`);
} catch (error) {
  console.error(
    `GET http://127.0.0.1:${port}/health failed: ${error instanceof Error ? error.message : String(error)}`,
  );
  process.exit(1);
}
