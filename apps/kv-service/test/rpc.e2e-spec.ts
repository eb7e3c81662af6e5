import { connect as connectHttp2 } from 'node:http2';
import { createRequire } from 'node:module';
import {
  Client,
  compressionAlgorithms,
  credentials,
  loadPackageDefinition,
  Metadata,
  status as Status,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GrpcKvClient, type GrpcCallError } from '@kvasir/client';
import { KEY_VALUE_SERVICE } from '@kvasir/contracts';
import {
  freePort,
  TestAuthority,
  useTestServices,
  type ServiceOptions,
  type ServiceProcess,
} from '@kvasir/test-harness';
import { service as HEALTH_SERVICE } from 'grpc-health-check';

const services = useTestServices();
const clients: { close(): void }[] = [];
afterAll(() => clients.forEach((client) => client.close()));

interface Started {
  readonly service: ServiceProcess;
  readonly port: number;
  readonly client: GrpcKvClient;
  readonly raw: Client;
}

function rawClient(port: number): Client {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  clients.push(client);
  return client;
}

function kvClient(...args: ConstructorParameters<typeof GrpcKvClient>): GrpcKvClient {
  const client = new GrpcKvClient(...args);
  clients.push(client);
  return client;
}

async function start(options: ServiceOptions = {}): Promise<Started> {
  const port = await freePort();
  const service = await services.start({ ...options, env: { GRPC_PORT: String(port), ...options.env } });
  return { service, port, client: kvClient(`127.0.0.1:${port}`), raw: rawClient(port) };
}

/** What a call with these bytes ended with, and the bytes of its answer. */
function callRaw(
  client: Client,
  rpc: string,
  message: string | Buffer,
  metadata = new Metadata(),
): Promise<{ code: Status; details: string; answer?: string }> {
  const bytes = typeof message === 'string' ? Buffer.from(message, 'hex') : message;
  const path = rpc.startsWith('/') ? rpc : `/keyvalue.KeyValueService/${rpc}`;
  return new Promise((resolve) => {
    const done = (error: ServiceError | null, answer?: Buffer): void =>
      resolve(
        error === null
          ? { code: Status.OK, details: '', answer: answer?.toString('hex') }
          : { code: error.code, details: error.details },
      );
    const identity = (value: Buffer): Buffer => value;
    client.makeUnaryRequest(path, identity, identity, bytes, metadata, { deadline: Date.now() + 5000 }, done);
  });
}

const bearer = (token: string): Metadata => {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  return metadata;
};

describe('keyvalue.KeyValueService', () => {
  let service: ServiceProcess;
  let client: GrpcKvClient;
  let raw: Client;
  let port: number;

  beforeAll(async () => {
    ({ service, client, raw, port } = await start());
  });

  it('writes, reads and removes a string', async () => {
    await client.set('hello', 'world');
    expect(await client.get('hello')).toBe('world');
    expect((await service.http.get('/kv/hello')).text).toBe('{"value":"world"}');
    await client.delete('hello');
    expect(await client.get('hello')).toBeUndefined();
  });

  it('answers with the bytes of the contract', async () => {
    expect(await callRaw(raw, 'Set', '0a016b120176')).toMatchObject({ code: 0, answer: '0801' });
    expect(await callRaw(raw, 'Get', '0a016b')).toMatchObject({ code: 0, answer: '0a01761001' });
    expect(await callRaw(raw, 'Delete', '0a016b')).toMatchObject({ code: 0, answer: '0801' });
    expect(await callRaw(raw, 'Delete', '0a016b')).toMatchObject({ code: 0, answer: '0801' });
    expect(await callRaw(raw, 'Get', '0a016b')).toMatchObject({ code: 0, answer: '' });
  });

  it('tells its health and its time in Unix seconds', async () => {
    const before = Math.floor(Date.now() / 1000);
    const { status, timestamp } = await client.health();
    expect(status).toBe('healthy');
    expect(timestamp).toBeGreaterThanOrEqual(before);
    expect(timestamp).toBeLessThanOrEqual(Date.now() / 1000);
  });

  it.each(['', '"', 'a\0b', 'é😀\u2028', '{"a":1}', '\ufffd'])('keeps the string %j', async (value) => {
    await client.set('text', value);
    expect(await client.get('text')).toBe(value);
    expect((await service.http.get('/kv/text')).text).toBe(`{"value":${JSON.stringify(value)}}`);
  });

  it.each([
    ['{"a":1}', '{"a":1}'],
    ['5', '5'],
    ['1.10', '1.10'],
    ['null', 'null'],
    ['"\\u0041"', 'A'],
    ['"\\ud800"', '"\\ud800"'],
  ])('reads the value %s as %s', async (json, text) => {
    await service.http.send('PUT', '/kv/other', { body: `{"value":${json}}` });
    expect(await client.get('other')).toBe(text);
  });

  it.each(['a/b', '.', '..', '__proto__', 'é'])('takes the key %j', async (key) => {
    await client.set(key, 'v');
    expect(await client.get(key)).toBe('v');
    await client.delete(key);
  });

  it.each(['Get', 'Set', 'Delete'])('refuses an empty key in %s', async (rpc) => {
    expect(await callRaw(raw, rpc, '')).toEqual({ code: Status.INVALID_ARGUMENT, details: 'key cannot be empty' });
  });

  it.each([
    ['Get', '0a0100', /NUL/],
    ['Set', '0a0180120176', 'the string in field 1 is not valid UTF-8'],
    ['Set', '0a03626164120180', 'the string in field 2 is not valid UTF-8'],
    ['Delete', '0a02c328', 'the string in field 1 is not valid UTF-8'],
    ['Set', '0a0362616412ff', 'the message is malformed'],
    ['Set', '0a056261', 'the message is malformed'],
  ])('refuses %s of %s, and stores nothing', async (rpc, hex, text) => {
    const { keys } = (await service.http.get('/stats')).json() as { keys: number };
    const answer = await callRaw(raw, rpc, hex);
    expect(answer.code).toBe(Status.INVALID_ARGUMENT);
    expect(answer.details).toEqual(typeof text === 'string' ? text : expect.stringMatching(text));
    expect((await service.http.get('/stats')).json()).toMatchObject({ keys });
  });

  it('takes keys up to 1,024 bytes, and long values', async () => {
    const key = 'é'.repeat(512);
    const value = 'x'.repeat(100_000);
    await client.set(key, value);
    expect(await client.get(key)).toBe(value);
    await expect(client.get(`${key}x`)).rejects.toMatchObject({
      status: 'INVALID_ARGUMENT',
      reason: expect.stringMatching(/^the key has 1025 bytes;/),
      errorCode: 'KEY_INVALID',
    });
  });

  it('does not know other rpcs', async () => {
    expect(await callRaw(raw, 'Nothing', '')).toMatchObject({ code: Status.UNIMPLEMENTED });
  });

  it('outlives clients that cancel', async () => {
    const calls = Array.from({ length: 50 }, async (_, i) => {
      const controller = new AbortController();
      const call = client.set(`cancelled:${i}`, 'v', { signal: controller.signal });
      setImmediate(() => controller.abort());
      return call.then(
        () => 'OK',
        (error: unknown) => (error as GrpcCallError).status,
      );
    });
    const outcomes = await Promise.all(calls);
    for (const [i, outcome] of outcomes.entries()) {
      expect(['OK', 'CANCELLED']).toContain(outcome);
      // Whoever cancelled does not know whether it was done; it was, whole, or was not.
      expect(outcome === 'OK' ? ['v'] : ['v', undefined]).toContain(await client.get(`cancelled:${i}`));
    }
    expect(await client.get('cancelled:none')).toBeUndefined();
  });

  it('does nothing of a message that breaks off in its midst', async () => {
    const message = Buffer.from('0a036375741203686572', 'hex');
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    const stream = session.request({
      ':method': 'POST',
      ':path': '/keyvalue.KeyValueService/Set',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    stream.on('error', () => undefined);
    // A frame of gRPC: not compressed, its length, and all of its bytes but the last.
    const head = Buffer.from([0, 0, 0, 0, message.length + 1]);
    await new Promise<void>((sent) => stream.write(Buffer.concat([head, message]), () => sent()));
    const closed = new Promise<void>((resolve) => session.once('close', resolve));
    session.destroy();
    await closed;
    expect(await client.get('cut')).toBeUndefined();
  });

  it('says when its port is taken, and is off with port 0', async () => {
    expect(service.listening['grpcPort']).toBe(port);
    const [{ code, stdout }, off] = await Promise.all([
      services.run({ flags: ['--grpc-port', String(port)] }),
      services.start(),
    ]);
    expect({ code, said: stdout.includes(`port ${port} of 127.0.0.1 is in use`) }).toEqual({ code: 1, said: true });
    expect(off.listening).not.toHaveProperty('grpcPort');
  });

  it('serves the standard health service, to those who watch too', async () => {
    expect(await callRaw(raw, '/grpc.health.v1.Health/Check', '')).toMatchObject({ answer: '0801' });
    const name = Buffer.from('keyvalue.KeyValueService');
    const message = Buffer.concat([Buffer.from([0x0a, name.length]), name]);
    expect(await callRaw(raw, '/grpc.health.v1.Health/Check', message)).toMatchObject({
      answer: '0801',
    });
    expect(await callRaw(raw, '/grpc.health.v1.Health/Check', '0a0178')).toMatchObject({ code: Status.NOT_FOUND });
  });

  it.each(['v1', 'v1alpha'])('describes itself by reflection, %s', async (version) => {
    const folder = createRequire(import.meta.url)
      .resolve('@grpc/reflection')
      .replace(/src\/index\.js$/, 'proto');
    const definition = loadSync(`grpc/reflection/${version}/reflection.proto`, { includeDirs: [folder] });
    const { grpc } = loadPackageDefinition(definition) as never as Record<
      'grpc',
      { reflection: Record<string, { ServerReflection: typeof Client }> }
    >;
    const Reflection = grpc.reflection[version]!.ServerReflection;
    const reflection = new Reflection(raw.getChannel().getTarget().replace(/^dns:/, ''), credentials.createInsecure());
    clients.push(reflection);
    const stream = (reflection as never as Record<string, () => ReturnType<Client['makeBidiStreamRequest']>>)[
      'ServerReflectionInfo'
    ]!();
    const answers: object[] = [];
    stream.on('data', (answer: object) => answers.push(answer));
    stream.write({ listServices: '' });
    stream.write({ fileContainingSymbol: 'keyvalue.KeyValueService' });
    // Without it grpcurl cannot ask for the health that Kubernetes asks for.
    stream.write({ fileContainingSymbol: 'grpc.health.v1.Health' });
    stream.end();
    await new Promise((resolve, reject) => stream.on('end', resolve).on('error', reject));
    expect(answers).toHaveLength(3);
    expect(answers[0]).toMatchObject({
      listServicesResponse: {
        service: expect.arrayContaining([{ name: 'keyvalue.KeyValueService' }, { name: 'grpc.health.v1.Health' }]),
      },
    });
    const files = (answers.slice(1) as { fileDescriptorResponse: { fileDescriptorProto: Buffer[] } }[]).map((answer) =>
      answer.fileDescriptorResponse.fileDescriptorProto[0]?.toString('latin1'),
    );
    expect(files).toEqual([expect.stringContaining('KeyValueService'), expect.stringContaining('HealthCheckResponse')]);
  });
});

describe('the gRPC side of kv-service', () => {
  it('takes messages up to MAX_BODY_BYTES and 64 KiB', async () => {
    const { client, port } = await start({ env: { MAX_BODY_BYTES: '1000' } });
    const room = 1000 + 65_536 - Buffer.byteLength(KEY_VALUE_SERVICE.Set.requestSerialize({ key: 'k' })) - 4;
    await client.set('k', 'x'.repeat(room));
    expect(await client.get('k')).toHaveLength(room);
    await expect(client.set('k', 'x'.repeat(room + 1))).rejects.toMatchObject({ status: 'RESOURCE_EXHAUSTED' });
    await expect(client.set('k', 'x'.repeat(room + 1))).rejects.not.toHaveProperty('errorCode', expect.anything());
    expect(await client.get('k')).toHaveLength(room);

    // What is sent compressed is limited by what it unpacks to.
    const options = { 'grpc.default_compression_algorithm': compressionAlgorithms.gzip };
    const compressing = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), options);
    clients.push(compressing);
    const set = (length: number): Buffer =>
      KEY_VALUE_SERVICE.Set.requestSerialize({ key: 'z', value: 'x'.repeat(length) });
    expect(await callRaw(compressing, 'Set', set(room))).toMatchObject({ code: Status.OK });
    expect(await callRaw(compressing, 'Set', set(50_000_000))).toMatchObject({ code: Status.RESOURCE_EXHAUSTED });
    expect(await client.get('z')).toHaveLength(room);
  });

  it('says RESOURCE_EXHAUSTED, and why, when the store is full', async () => {
    const { client } = await start({ env: { MAX_MEMORY_BYTES: '1' } });
    await expect(client.set('k', 'v')).rejects.toMatchObject({ status: 'RESOURCE_EXHAUSTED', errorCode: 'STORE_FULL' });
    await client.delete('k');
  });

  it('asks for GRPC_TOKEN when there is one, except for health and reflection', async () => {
    const { port, raw } = await start({ env: { GRPC_TOKEN: 's3cret' } });
    const refused = { code: Status.UNAUTHENTICATED };
    for (const rpc of ['Get', 'Set', 'Delete']) {
      expect(await callRaw(raw, rpc, '0a016b120176')).toMatchObject(refused);
      for (const token of ['s3cre', 's3cret2', '']) {
        expect(await callRaw(raw, rpc, '0a016b120176', bearer(token))).toMatchObject(refused);
      }
    }
    expect(await callRaw(raw, 'Get', '0a016b', bearer('s3cret'))).toMatchObject({ code: 0, answer: '' });
    expect(await callRaw(raw, 'Health', '')).toMatchObject({ code: 0 });
    expect(await callRaw(raw, 'Health', '', bearer('wrong'))).toMatchObject(refused);
    expect(await callRaw(raw, '/grpc.health.v1.Health/Check', '')).toMatchObject({ code: 0 });
    const address = `127.0.0.1:${port}`;
    const right = kvClient(address, { token: 's3cret' });
    await right.set('k', 'v');
    await expect(right.health()).resolves.toMatchObject({ status: 'healthy' });
    await expect(kvClient(address).health()).rejects.toMatchObject({ status: 'UNAUTHENTICATED' });
  });

  it('encrypts with TLS, and serves only those whose certificate it trusts', async () => {
    const [authority, other] = await Promise.all([TestAuthority.make(), TestAuthority.make()]);
    const { port } = await start({ env: await authority.settings(services.directory()) });
    const [mine, foreign] = await Promise.all([authority.issue(), other.issue()]);
    const address = `localhost:${port}`;
    const trusted = kvClient(address, { tls: { ...mine, ca: authority.ca } });
    await trusted.set('k', 'v');
    expect(await trusted.get('k')).toBe('v');
    const refused = { status: 'UNAVAILABLE' };
    await expect(kvClient(address).get('k')).rejects.toMatchObject(refused);
    await expect(kvClient(address, { tls: { ...foreign, ca: authority.ca } }).get('k')).rejects.toMatchObject(refused);
    await expect(kvClient(address, { tls: { ...mine, ca: other.ca } }).get('k')).rejects.toMatchObject(refused);
  });

  it('does not start with half of the TLS settings, or with files that do not fit', async () => {
    const authority = await TestAuthority.make();
    const tls = await authority.settings(services.directory());
    const { GRPC_TLS_KEY: otherKey } = await authority.settings(services.directory());
    const say = async (env: Record<string, string>) => {
      const { code, stdout, stderr } = await services.run({ env });
      return { code, stdout, stderr };
    };
    const [half, foreignKey, noAuthority, nothingThere, badToken] = await Promise.all([
      say({ GRPC_TLS_CERT: tls.GRPC_TLS_CERT, GRPC_TLS_KEY: tls.GRPC_TLS_KEY }),
      say({ ...tls, GRPC_TLS_KEY: otherKey }),
      say({ ...tls, GRPC_TLS_CA: tls.GRPC_TLS_KEY }),
      say({ ...tls, GRPC_TLS_CERT: '/nothing/here' }),
      say({ GRPC_TOKEN: 'a b' }),
    ]);
    expect(half).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'GRPC_TLS_CERT and GRPC_TLS_KEY without GRPC_TLS_CA: allowed is all three of GRPC_TLS_CERT, GRPC_TLS_KEY, GRPC_TLS_CA, or none\n',
    });
    expect(foreignKey.stderr).toMatch(/^GRPC_TLS_KEY does not belong to GRPC_TLS_CERT/);
    expect(noAuthority.stderr).toMatch(/^GRPC_TLS_CA is .*key\.pem.*: allowed is/);
    expect(nothingThere.stderr).toMatch(/^GRPC_TLS_CERT is "\/nothing\/here"/);
    expect(badToken).toMatchObject({ code: 1, stderr: expect.not.stringContaining('a b') });
  });

  it('says NOT_SERVING to those who watch, answers what is in progress and stops', async () => {
    const { service, raw, client } = await start();
    const statuses: unknown[] = [];
    const { path, requestSerialize, responseDeserialize } = HEALTH_SERVICE['watch'] ?? HEALTH_SERVICE['Watch']!;
    const watch = raw.makeServerStreamRequest(path, requestSerialize as never, responseDeserialize as never, {
      service: '',
    });
    const ended = new Promise((resolve) => watch.on('end', resolve).on('error', resolve));
    await new Promise<void>((resolve) =>
      watch.on('data', ({ status }: { status: unknown }) => {
        statuses.push(status);
        resolve();
      }),
    );
    const writes = Promise.all(Array.from({ length: 200 }, (_, i) => client.set(`k${i}`, 'v').then(() => i)));
    await client.get('k0');
    const exit = await service.stop();
    await ended;
    expect(statuses).toEqual(['SERVING', 'NOT_SERVING']);
    expect(await writes).toHaveLength(200);
    expect(exit).toMatchObject({ code: 0, stderr: '' });
    const again = await services.start({ directory: service.directory });
    expect((await again.http.get('/stats')).json()).toMatchObject({ keys: 200 });
  });

  it('is found again by a client within 2 s of its return', async () => {
    const { service, port, client } = await start();
    await client.set('k', 'v');
    await service.kill();
    await expect(client.get('k')).rejects.toMatchObject({ status: 'UNAVAILABLE' });
    await services.start({ directory: service.directory, env: { GRPC_PORT: String(port) } });
    const returned = Date.now();
    let value: string | undefined;
    while (value === undefined && Date.now() - returned < 2000) value = await client.get('k').catch(() => undefined);
    expect(value).toBe('v');
  });
});
