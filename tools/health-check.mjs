import http from 'node:http';
import https from 'node:https';

/**
 * For health checks in containers, which have no curl: `node tools/health-check.mjs 8000` ends with status 0 when
 * `GET /health` on that port of this machine answers 200 within two seconds, and with 1 otherwise. A second argument is
 * another path to ask: `node tools/health-check.mjs 8000 /health/ready`. With TLS_CERT, as the service has it, it asks
 * over HTTPS; the certificate is not verified, as it names the service and not 127.0.0.1.
 */
const [port, path = '/health'] = process.argv.slice(2);
const secure = (process.env.TLS_CERT || '') !== '';
const url = `${secure ? 'https' : 'http'}://127.0.0.1:${port}${path}`;
try {
  const { status, text } = await get(url);
  if (status !== 200) throw new Error(`the answer is ${status}: ${text.slice(0, 1000)}`);
} catch (error) {
  console.error(`GET ${url} failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}

/** @returns {Promise<{ status: number | undefined, text: string }>} */
function get(/** @type {string} */ address) {
  return new Promise((resolve, reject) => {
    const options = { agent: false, rejectUnauthorized: false, signal: AbortSignal.timeout(2000) };
    const request = (secure ? https : http).get(address, options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (/** @type {string} */ piece) => (text += piece));
      response.on('end', () => resolve({ status: response.statusCode, text })).on('error', reject);
    });
    request.on('error', reject);
  });
}
