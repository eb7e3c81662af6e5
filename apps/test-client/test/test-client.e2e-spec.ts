import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { useRawServers, useTestServices, type HttpAnswer, type ServiceProcess } from '@kvasir/test-harness';
import { KeysStore, keysHandler, type Lie } from '../src/testing/keys-server.js';

const services = useTestServices();
const listen = useRawServers();

function testClientOf(url: string, env: Record<string, string> = {}): Promise<ServiceProcess> {
  return services.start({ app: 'test-client', env: { KV_SERVICE_URL: url, ...env } });
}

function passed(testName: string) {
  return { success: true, test_name: testName, details: { steps_executed: 4, all_assertions_passed: true } };
}

const run = (client: ServiceProcess, workflow: string): Promise<HttpAnswer> =>
  client.http.send('POST', `/test/${workflow}`);

describe('test-client beside a running kv-service', () => {
  let kvService: ServiceProcess;
  let testClient: ServiceProcess;
  let url: string;

  beforeAll(async () => {
    kvService = await services.start();
    url = `http://127.0.0.1:${kvService.port}`;
    testClient = await testClientOf(url);
  });
  afterAll(async () => {
    expect(await testClient.stop()).toMatchObject({ code: 0, stderr: '' });
  });

  it('is healthy', async () => {
    const answer = await testClient.http.get('/health');
    expect([answer.status, answer.json()]).toEqual([200, { status: 'healthy' }]);
  });

  it('says that it runs, and which service it tests', async () => {
    const answer = await testClient.http.get('/test/status');
    expect(answer).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } });
    expect(answer.json()).toMatchObject({ status: 'Test client is running', kv_service_url: url });
  });

  it.each(['deletion', 'overwrite'])('finds that %s works, and leaves no key behind', async (workflow) => {
    const answer = await run(testClient, workflow);
    expect([answer.status, answer.json()]).toEqual([200, passed(`test_${workflow}`)]);
    expect((await kvService.http.get('/kv')).json()).toEqual({ keys: [] });
  });

  it('keeps twelve runs at once apart', async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, i) => run(testClient, i % 2 === 0 ? 'deletion' : 'overwrite')),
    );
    expect(answers.map((answer) => answer.json())).toEqual(
      Array.from({ length: 12 }, (_, i) => passed(i % 2 === 0 ? 'test_deletion' : 'test_overwrite')),
    );
    expect((await kvService.http.get('/kv')).json()).toEqual({ keys: [] });
  });

  it('gives the report of a run, step by step', async () => {
    const { headers } = await run(testClient, 'overwrite');
    const [, path = ''] = /^<([^>]+)>; rel="describedby"$/.exec(String(headers['link'])) ?? [];
    const report = (await testClient.http.get(path)).json();
    expect(report).toMatchObject({
      id: path.replace('/test/runs/', ''),
      workflow: 'overwrite',
      test_name: 'test_overwrite',
      success: true,
      started_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      duration_ms: expect.any(Number),
      steps: [
        { name: 'store_original', passed: true, sent: { method: 'POST' }, received: { status: 201 } },
        { name: 'retrieve_original', passed: true, sent: { method: 'GET' }, received: { status: 200 } },
        { name: 'overwrite', passed: true, sent: { method: 'PUT' }, received: { status: 200, body_cut: false } },
        { name: 'verify_new', passed: true, received: { content_type: expect.stringContaining('application/json') } },
      ],
      clean_up: [{ name: 'clean_up', passed: true, sent: { method: 'DELETE' }, received: { status: 200 } }],
    });
    const listing = await testClient.http.get('/test/runs?workflow=overwrite&success=true&limit=1');
    const { runs } = listing.json() as { runs: object[] };
    expect(runs).toEqual([
      {
        id: expect.any(String),
        workflow: 'overwrite',
        test_name: 'test_overwrite',
        success: true,
        started_at: expect.any(String),
        duration_ms: expect.any(Number),
      },
    ]);
    expect([report]).toMatchObject(runs);
  });

  it.each([
    ['GET', '/test/deletion', 405, { allow: 'POST' }],
    ['POST', '/test/status', 405, { allow: 'GET, HEAD' }],
    ['GET', '/test/nothing', 404, {}],
    ['POST', '/test/nothing', 404, {}],
    ['GET', '/test/runs/unknown', 404, {}],
    ['GET', '/test/runs/%zz', 400, {}],
    ['GET', '/test/runs?limit=0', 400, {}],
    ['GET', '/test/runs?limit=1e1', 400, {}],
    ['GET', '/test/runs?workflow=other', 400, {}],
    ['GET', '/test/runs?success=maybe', 400, {}],
    ['GET', '/test/runs?since=yesterday', 400, {}],
    ['GET', '/Health', 404, {}],
  ])('answers %s %s with a %d in its error form', async (method, path, status, headers) => {
    const answer = await testClient.http.send(method, path);
    expect(answer).toMatchObject({ status, headers });
    const { error } = answer.json() as { error: string };
    expect(answer.json()).toEqual({ error, type: 'about:blank', title: expect.any(String), status, detail: error });
  });

  it.each([
    ['application/json', '{}', 200],
    ['application/json', '{"key":"a"}', 400],
    ['application/json', '[]', 400],
    ['application/json', '{', 400],
    ['text/plain', '{}', 415],
    ['application/x-www-form-urlencoded', 'a=b', 415],
    ['application/json', `{"a":"${'x'.repeat(20_000)}"}`, 413],
  ])('takes no parameters: a body of %s %j is a %d', async (type, body, status) => {
    const answer = await testClient.http.send('POST', '/test/deletion', { body, headers: { 'Content-Type': type } });
    expect(answer.status).toBe(status);
  });

  it('answers HEAD like GET, without the body', async () => {
    expect(await testClient.http.send('HEAD', '/health')).toMatchObject({ status: 200, text: '' });
  });

  it('leads to its pages, which document every path', async () => {
    expect((await testClient.http.get('/')).json()).toMatchObject({ docs: '/docs', openapi: '/docs-json' });
    expect(await testClient.http.get('/docs')).toMatchObject({
      status: 200,
      text: expect.stringContaining('Kvasir test-client'),
    });
    const document = await testClient.http.get('/docs-json');
    const { paths } = document.json() as { paths: Record<string, object> };
    expect(Object.entries(paths).map(([path, methods]) => `${Object.keys(methods).join()} ${path}`)).toEqual([
      'get /',
      'get /health',
      'get /test/status',
      'get /test/runs',
      'get /test/runs/{id}',
      'post /test/deletion',
      'post /test/overwrite',
    ]);
  });

  it('documents every status that its routes answer with, each with an example in its error form', async () => {
    interface Response {
      readonly content?: { 'application/json'?: { example?: unknown } };
    }
    const { paths } = (await testClient.http.get('/docs-json')).json() as {
      paths: Record<string, Record<string, { responses: Record<string, Response> }>>;
    };
    const statuses = (path: string, method: string) => Object.keys(paths[path]![method]!.responses).map(Number);
    expect(statuses('/test/status', 'get')).toEqual([200, 500, 503]);
    expect(statuses('/test/runs', 'get')).toEqual([200, 400, 500, 503]);
    expect(statuses('/test/runs/{id}', 'get')).toEqual([200, 400, 404, 500, 503]);
    for (const path of ['/test/deletion', '/test/overwrite']) {
      expect(statuses(path, 'post')).toEqual([200, 400, 413, 415, 500, 503]);
      for (const status of [400, 413, 415, 500, 503]) {
        const { content } = paths[path]!['post']!.responses[status]!;
        expect(content?.['application/json']?.example).toMatchObject({ error: expect.any(String), status });
      }
    }
  });
});

describe('test-client beside a service that fails', () => {
  /** A run of test-client against a service that lies. */
  async function against(lie: Lie, workflow = 'deletion', env: Record<string, string> = {}): Promise<HttpAnswer> {
    const server = await listen(keysHandler(new KeysStore(), lie));
    const client = await testClientOf(server.url, env);
    const answer = await run(client, workflow);
    expect((await client.http.get('/test/runs?success=false')).json()).toMatchObject({
      runs: [{ workflow, ...(answer.json() as object) }],
    });
    await client.stop();
    return answer;
  }

  it('answers 200 with step and error of the unexpected answer', async () => {
    const answer = await against(() => ({ status: 500, body: { oops: true } }));
    expect([answer.status, answer.json()]).toEqual([
      200,
      { success: false, test_name: 'test_deletion', step: 'store', error: '{"oops":true}' },
    ]);
  });

  it('gives up a request without an answer, and says so', async () => {
    const answer = await against(() => undefined, 'overwrite', { KV_SERVICE_TIMEOUT_MS: '100' });
    expect([answer.status, answer.json()]).toEqual([
      200,
      {
        success: false,
        test_name: 'test_overwrite',
        step: 'connection',
        error: 'Timeout connecting to KV service',
      },
    ]);
  });

  it('says what the connection says when the service is down, and passes again when it is back', async () => {
    const kvService = await services.start();
    const client = await testClientOf(`http://127.0.0.1:${kvService.port}`);
    await kvService.stop();
    const down = await run(client, 'deletion');
    expect([down.status, down.json()]).toEqual([
      200,
      {
        success: false,
        test_name: 'test_deletion',
        step: 'connection',
        error: `connect ECONNREFUSED 127.0.0.1:${kvService.port}`,
      },
    ]);
    await services.start({ env: { PORT: String(kvService.port) } });
    expect((await run(client, 'deletion')).json()).toEqual(passed('test_deletion'));
  });

  it('ends the runs that are under way when it is stopped, and answers them', async () => {
    const store = new KeysStore();
    let reached: () => void = () => undefined;
    const atGet = new Promise<void>((resolve) => (reached = resolve));
    const server = await listen(
      keysHandler(store, (request) => {
        if (request.method !== 'GET') return store.answer(request);
        reached();
        return undefined;
      }),
    );
    const client = await testClientOf(server.url);
    const answer = run(client, 'deletion');
    await atGet;
    const exit = client.stop();
    expect((await answer).json()).toMatchObject({
      success: false,
      step: 'connection',
      error: 'test-client is stopping',
    });
    expect(await exit).toMatchObject({ code: 0 });
    expect(store.entries.size).toBe(0);
  });
});

describe('test-client as a process', () => {
  it.each([
    ['--version', /^\d+\.\d+\.\d+\n$/],
    ['--help', /^Usage: test-client \[flags\]\n[^]*KV_SERVICE_URL/],
  ])('prints what %s asks for', async (flag, output) => {
    expect(await services.run({ app: 'test-client', flags: [flag] })).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(output),
      stderr: '',
    });
  });

  it('refuses an address that is none with one line', async () => {
    expect(await services.run({ app: 'test-client', env: { KV_SERVICE_URL: 'kv-service' } })).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^KV_SERVICE_URL is "kv-service": allowed is [^\n]+\n$/),
    });
  });
});
