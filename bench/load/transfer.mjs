/**
 * Backs up and restores over HTTP: transfer.mjs PORT KEY. It is sent `{ save: FILE }` or `{ send: FILE, mode }`, and gives `bytes` and `ms`.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { request } from 'node:http';
import { pipeline } from 'node:stream/promises';

const [port, key] = process.argv.slice(2);

const TYPE = 'application/x-ndjson';

function answerTo(options, body) {
  const headers = { 'x-api-key': key, ...options.headers };
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, agent: false, ...options, headers }, resolve);
    sent.on('error', reject);
    if (body === undefined) sent.end();
    else pipeline(body, sent).catch(reject);
  });
}

async function transfer({ save, send, mode }) {
  const begin = performance.now();
  const answer =
    save === undefined
      ? await answerTo(
          { method: 'POST', path: `/admin/import?mode=${mode}`, headers: { 'Content-Type': TYPE } },
          createReadStream(send),
        )
      : await answerTo({ path: '/admin/export' });
  if (answer.statusCode !== 200) throw new Error(`the answer was a ${answer.statusCode}: ${await textOf(answer)}`);
  const file = createWriteStream(save ?? '/dev/null');
  await pipeline(answer, file);
  return { bytes: file.bytesWritten, ms: performance.now() - begin };
}

async function textOf(stream) {
  let text = '';
  for await (const piece of stream) text += piece;
  return text;
}

process.on('message', (message) => void transfer(message).then((result) => process.send(result)));
process.on('disconnect', () => process.exit());
