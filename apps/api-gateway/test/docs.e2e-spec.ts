import { beforeAll, describe, expect, it } from '@jest/globals';
import { freePort, useTestServices, type ServiceProcess } from '@kvasir/test-harness';
import { get, KEY, put, remove, startsOf } from './testing/gateway.js';

const services = useTestServices();
const { startGateway } = startsOf(services);

const METRICS_KEY = 'key-of-prometheus';

interface Response {
  readonly description: string;
  readonly headers?: Readonly<Record<string, { readonly schema: { readonly example: unknown } }>>;
  readonly content?: Readonly<Record<string, { readonly example?: unknown }>>;
}
interface OperationDoc {
  readonly security?: readonly Readonly<Record<string, unknown>>[];
  readonly responses: Readonly<Record<string, Response>>;
}
interface ApiDocument {
  readonly components: { readonly securitySchemes: Readonly<Record<string, unknown>> };
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationDoc>>>>;
}

const X_API_KEY = { type: 'apiKey', in: 'header', name: 'x-api-key' };
const BEARER = { type: 'http', scheme: 'bearer', bearerFormat: 'API key' };

const VALUES_SECURITY = {
  'put /v1/values': ['x-api-key'],
  'get /v1/values/{key}': ['x-api-key'],
  'delete /v1/values/{key}': ['x-api-key'],
};
const REFUSALS = {
  'get /': ['429'],
  'get /health': [],
  'get /health/ready': ['503'],
  'put /v1/values': ['400', '401', '403', '413', '415', '429', '500', '503', '507'],
  'get /v1/values/{key}': ['400', '401', '403', '404', '429', '500', '503'],
  'delete /v1/values/{key}': ['400', '401', '403', '429', '500', '503', '507'],
};

describe.each([
  {
    name: 'without metrics',
    env: { METRICS_KEY: '' },
    schemes: { 'x-api-key': X_API_KEY },
    security: VALUES_SECURITY,
    refusals: REFUSALS,
  },
  {
    name: 'with metrics',
    env: { METRICS_KEY },
    schemes: { 'x-api-key': X_API_KEY, bearer: BEARER },
    security: { ...VALUES_SECURITY, 'get /metrics': ['bearer', 'x-api-key'] },
    refusals: { ...REFUSALS, 'get /metrics': ['401', '403', '429', '500'] },
  },
])('the API document of a gateway $name', ({ env, schemes, security, refusals }) => {
  let gateway: ServiceProcess;
  let document: ApiDocument;
  let operations: readonly (readonly [string, OperationDoc])[];

  beforeAll(async () => {
    gateway = await startGateway(await freePort(), env);
    document = (await gateway.http.get('/docs-json')).json() as ApiDocument;
    operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, doc]) => [`${method} ${path}`, doc] as const),
    );
  });

  it('lets Swagger UI authorize, with schemes that are declared', () => {
    expect(document.components.securitySchemes).toEqual(schemes);
    const secured = operations.flatMap(([name, doc]) =>
      doc.security === undefined ? [] : [[name, doc.security.flatMap((one) => Object.keys(one)).sort()]],
    );
    expect(Object.fromEntries(secured)).toEqual(security);
  });

  it('names what its routes refuse', () => {
    const documented = operations.map(([name, { responses }]) => [
      name,
      Object.keys(responses).filter((status) => status >= '400'),
    ]);
    expect(Object.fromEntries(documented)).toEqual(refusals);
    for (const [name, { responses }] of operations.filter((one) => one[0] in security)) {
      const headersOf = (status: string): unknown => [name, Object.keys(responses[status]!.headers ?? {})];
      expect(headersOf('429')).toEqual([name, ['Retry-After', 'RateLimit-Policy', 'RateLimit']]);
      expect(headersOf('401')).toEqual([name, ['WWW-Authenticate']]);
      if (name.endsWith('/metrics')) continue;
      expect([name, responses['429']!.description]).toEqual([name, expect.stringContaining('here or at kv-service')]);
    }
  });

  it('has the 401 of each route as it is answered', async () => {
    for (const [name] of Object.entries(security)) {
      const [method, path] = name.split(' ') as [string, string];
      // oxlint-disable-next-line no-await-in-loop -- a handful of requests
      const answer = await gateway.http.send(method.toUpperCase(), path.replace('{key}', 'k'));
      const documented = document.paths[path]![method]!.responses['401']!;
      expect({ name, body: answer.json(), challenge: answer.headers['www-authenticate'] }).toEqual({
        name,
        body: documented.content!['application/json']!.example,
        challenge: documented.headers!['WWW-Authenticate']!.schema.example,
      });
    }
  });
});

describe('a gateway whose kv-service is not there', () => {
  it('says so as the API document does', async () => {
    const gateway = await startGateway(await freePort());
    const { paths } = (await gateway.http.get('/docs-json')).json() as ApiDocument;
    const documented = (path: string, method: string): unknown =>
      paths[path]![method]!.responses['503']!.content!['application/json']!.example;
    const answers = [
      await put(gateway, '{"key":"k","value":"v"}'),
      await get(gateway, '/v1/values/k'),
      await remove(gateway, '/v1/values/k'),
    ];
    expect(answers.map(({ status, text }) => [status, JSON.parse(text) as unknown])).toEqual([
      [503, documented('/v1/values', 'put')],
      [503, documented('/v1/values/{key}', 'get')],
      [503, documented('/v1/values/{key}', 'delete')],
    ]);
  });
});

describe('the metrics of a gateway, asked with the key of a client', () => {
  it('are refused as the API document says', async () => {
    const gateway = await startGateway(await freePort(), { METRICS_KEY });
    const { paths } = (await gateway.http.get('/docs-json')).json() as ApiDocument;
    const answer = await gateway.http.send('GET', '/metrics', { headers: { 'x-api-key': KEY } });
    const [media] = Object.values(paths['/metrics']!['get']!.responses['403']!.content!);
    expect([answer.status, answer.json()]).toEqual([403, media!.example]);
  });
});
