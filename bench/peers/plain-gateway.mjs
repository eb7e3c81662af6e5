/** The measure for api-gateway: `GET /v1/values/{key}` on plain node:http, passed on by a bare @grpc/grpc-js client, without API keys and deadlines. PORT UPSTREAM_PORT. */
import { credentials, makeClientConstructor } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';

const PROTO = fileURLToPath(new URL('../../libs/contracts/proto/keyvalue.proto', import.meta.url));
const service = loadSync(PROTO, { longs: Number, defaults: true })['keyvalue.KeyValueService'];
const [port, upstream] = process.argv.slice(2);
const Client = makeClientConstructor(service, 'KeyValueService');
const client = new Client(`127.0.0.1:${upstream}`, credentials.createInsecure());

const server = createServer((request, response) => {
  const key = decodeURIComponent(request.url.slice('/v1/values/'.length));
  client.get({ key }, (error, answer) => {
    const [status, body] = error
      ? [500, { error: error.details }]
      : answer.found
        ? [200, { key, value: answer.value }]
        : [404, { error: 'Key not found' }];
    const text = JSON.stringify(body);
    response.writeHead(status, {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': Buffer.byteLength(text),
    });
    response.end(text);
  });
});
server.listen(Number(port), '127.0.0.1');
