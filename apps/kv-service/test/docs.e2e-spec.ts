import 'reflect-metadata';
import { readdirSync } from 'node:fs';
import { RequestMethod } from '@nestjs/common';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { useTestServices, type HttpAnswer, type HttpClient } from '@kvasir/test-harness';
import { ROUTE_NEEDS } from './testing/route-needs.js';

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly description?: string;
  readonly example?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
}
interface Content {
  readonly description?: string;
  readonly headers?: Readonly<Record<string, { readonly description?: string; readonly schema?: Schema }>>;
  readonly content?: Readonly<Record<string, { readonly schema?: Schema; readonly example?: unknown }>>;
}
interface OperationDoc {
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly parameters?: readonly { name: string; in: string; required: boolean; schema?: Schema; example?: unknown }[];
  readonly requestBody?: Content & { required?: boolean };
  readonly responses: Readonly<Record<string, Content>>;
}
interface ApiDocument {
  readonly openapi: string;
  readonly info: { readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationDoc>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const services = useTestServices();
let http: HttpClient;
let api: ApiDocument;
let operations: { readonly name: string; readonly method: string; readonly path: string; readonly doc: OperationDoc }[];

beforeAll(async () => {
  // Without a key the routes of /admin are not there.
  ({ http } = await services.start({ env: { ADMIN_KEY: 'admin-key-of-this-test' } }));
  api = (await http.get('/docs-json')).json() as ApiDocument;
  operations = Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, doc]) => ({
      name: `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase(),
      path,
      doc,
    })),
  );
});

/** The routes of all controllers in the sources, as Nest's decorators describe them: `GET /kv/{key}`. */
async function routesOfSources(): Promise<string[]> {
  const source = new URL('../src/', import.meta.url);
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.controller.ts'),
  );
  const routes: string[] = [];
  for (const file of files) {
    const exported = (await import(new URL(file, source).pathname)) as Record<string, unknown>;
    for (const controller of Object.values(exported)) {
      if (typeof controller !== 'function') continue;
      const prefix = Reflect.getMetadata('path', controller) as string | undefined;
      if (prefix === undefined) continue;
      for (const name of Object.getOwnPropertyNames(controller.prototype)) {
        const handler = (controller.prototype as Record<string, unknown>)[name];
        if (typeof handler !== 'function') continue;
        const method = Reflect.getMetadata('method', handler) as RequestMethod | undefined;
        if (method === undefined) continue;
        const path = `/${prefix}/${Reflect.getMetadata('path', handler) as string}`;
        const template = path
          .replace(/\/+/g, '/')
          .replace(/(.)\/$/, '$1')
          .replace(/:(\w+)/g, '{$1}');
        routes.push(`${RequestMethod[method]} ${template}`);
      }
    }
  }
  return routes.sort();
}

function schemaOf(content: Content | undefined): Schema | undefined {
  // Every answer and body has one media type: JSON, but for a backup.
  const [media] = Object.values(content?.content ?? {});
  const schema = media?.schema;
  return schema?.$ref === undefined ? schema : resolve(schema);
}

function resolve(schema: Schema): Schema {
  const name = schema.$ref?.replace('#/components/schemas/', '');
  return name === undefined ? schema : api.components.schemas[name]!;
}

/** In lower case and order. */
function headersOf(content: Content | undefined): string[] {
  return Object.keys(content?.headers ?? {})
    .map((name) => name.toLowerCase())
    .sort();
}

/** The names of an error's members, those inside others too. */
function membersOf(body: unknown): string[] {
  if (typeof body !== 'object' || body === null) return [];
  return Object.entries(body).flatMap(([name, member]) => [name, ...membersOf(member)]);
}

/** What a schema's examples come to: the text that Swagger UI's "Try it out" would send. */
function exampleOf(given: Schema): unknown {
  const schema = resolve(given);
  if (schema.example !== undefined) return schema.example;
  if (schema.properties !== undefined) {
    return Object.fromEntries(Object.entries(schema.properties).map(([name, member]) => [name, exampleOf(member)]));
  }
  return schema.items === undefined ? undefined : [exampleOf(schema.items)];
}

describe('/docs-json', () => {
  it('is an OpenAPI document of this version of the service', async () => {
    const { stdout } = await services.run({ flags: ['--version'] });
    expect(api.openapi).toMatch(/^3\./);
    expect(api.info.version).toBe(stdout.trim());
  });

  it('has every route that there is, and no other', async () => {
    const routes = await routesOfSources();
    expect(routes).toEqual(expect.arrayContaining(['DELETE /kv/{key}', 'GET /', 'GET /kv', 'POST /kv/batch']));
    expect(operations.map(({ name }) => name).sort()).toEqual(routes);
  });

  it('has the methods of each path that the service allows there', async () => {
    for (const path of Object.keys(api.paths)) {
      // A name that no record may have: what another method means there is for the records API to say.
      if (path === '/bulk') continue;
      const concrete = path.replaceAll(/\{\w+\}/g, 'k');
      const tag = operations.find((operation) => operation.path === path)?.doc.tags?.[0];
      // A literal path, such as /kv/batch, may fit a parameter of the same API too, with methods of its own.
      const documented = operations.filter(
        ({ path: template, doc }) =>
          doc.tags?.[0] === tag && new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(concrete),
      );
      const refused = await http.send('PATCH', concrete);
      const allowed = refused.headers.allow?.split(', ').filter((method) => method !== 'HEAD');
      expect({ path, status: refused.status, allowed: allowed?.sort() }).toEqual({
        path,
        status: 405,
        allowed: [...new Set(documented.map(({ method }) => method))].sort(),
      });
    }
  });

  it('says of each route what it is, and what it answers, with a schema and an example', () => {
    for (const { name, doc } of operations) {
      expect({ name, summary: doc.summary, tags: doc.tags?.length }).toEqual({
        name,
        summary: expect.stringMatching(/./),
        tags: 1,
      });
      const success = schemaOf(Object.entries(doc.responses).find(([status]) => status.startsWith('2'))?.[1]);
      expect({ name, example: success && exampleOf(success) }).toEqual({ name, example: expect.anything() });
      for (const [status, response] of Object.entries(doc.responses)) {
        expect({ name, status, schema: schemaOf(response) }).toEqual({ name, status, schema: expect.anything() });
      }
    }
  });

  it.each([
    ['GET /kv', ['200', '400', '401', '429', '500', '503']],
    ['GET /kv/{key}', ['200', '400', '401', '403', '404', '429', '500', '503']],
    ['PUT /kv/{key}', ['200', '400', '401', '403', '413', '415', '429', '500', '503', '507']],
    ['DELETE /kv/{key}', ['200', '400', '401', '403', '404', '429', '500', '503', '507']],
    ['POST /kv/batch', ['200', '400', '401', '403', '413', '415', '429', '500', '503', '507']],
    ['GET /stats', ['200', '400', '401', '403', '429', '500', '503']],
    ['GET /health', ['200']],
    ['GET /', ['200', '429']],
  ])('has the error answers of %s', (name, statuses) => {
    const doc = operations.find((operation) => operation.name === name)?.doc;
    expect(Object.keys(doc?.responses ?? {}).sort()).toEqual(statuses);
    for (const [status, response] of Object.entries(doc?.responses ?? {})) {
      if (Number(status) < 400) continue;
      expect(response.description).toMatch(/\w+ \w+/);
      expect(Object.keys(schemaOf(response)?.properties ?? {})).toEqual(['error', 'type', 'title', 'status', 'detail']);
    }
  });

  it('says of /stats that it refuses a query, in the words that are sent: it has no key', async () => {
    const response = operations.find((operation) => operation.name === 'GET /stats')?.doc.responses['400'];
    const [media] = Object.values(response?.content ?? {});
    expect(media?.example).toEqual((await http.get('/stats?x=%zz')).json());
  });

  it('says in one sentence of each refusal when it comes', () => {
    // A status that a route documents twice has the descriptions of both, in paragraphs.
    const joined = operations.flatMap(({ name, doc }) =>
      Object.entries(doc.responses).flatMap(([status, { description }]) =>
        description?.includes('\n') === true ? [`${name} ${status}`] : [],
      ),
    );
    expect(joined).toEqual([]);
  });

  it('says of a delete that it is the disk that may be full: it frees memory', () => {
    const deletes = operations.filter(({ method }) => method === 'DELETE');
    expect(deletes.length).toBe(4);
    for (const { name, doc } of deletes) {
      const [media] = Object.values(doc.responses['507']?.content ?? {});
      expect({ name, example: JSON.stringify(media?.example) }).toEqual({
        name,
        example: expect.stringContaining('"the disk of the data directory is full; nothing was changed"'),
      });
    }
  });

  it('says of each route how it refuses callers, callers that ask too often, and what needs a store that is not there', () => {
    const withoutStore = ['GET /', 'GET /health', 'GET /health/live', 'GET /metrics', 'GET /admin/log-level'];
    expect(operations.map(({ name }) => name).sort()).toEqual(Object.keys(ROUTE_NEEDS).sort());
    for (const { name, path, doc } of operations) {
      const needs = ROUTE_NEEDS[name]![0]!.needs;
      const expected = {
        401: needs !== 'open',
        // A listing leaves out what may not be read.
        403: needs !== 'open' && needs !== 'key',
        429: !path.startsWith('/health'),
        503: !withoutStore.includes(name),
      };
      const documented = Object.keys(expected).map((status) => [status, doc.responses[status] !== undefined]);
      expect({ name, ...Object.fromEntries(documented) }).toEqual({ name, ...expected });
      if (expected[401]) expect(headersOf(doc.responses['401'])).toEqual(['www-authenticate']);
      if (expected[429])
        expect(headersOf(doc.responses['429'])).toEqual(['ratelimit', 'ratelimit-policy', 'retry-after']);
    }
  });

  it('has the 429 of each route, and the 401 of those of /admin, as the service answers them', async () => {
    const limited = await services.start({ env: { ADMIN_KEY: 'admin-key-of-this-test', RATE_LIMIT: '1' } });
    for (const { name, path, doc } of operations) {
      const { method, path: concrete } = ROUTE_NEEDS[name]![0]!;
      const answers = new Map<number, HttpAnswer>();
      // Two within a second are one too many, and two that are not, are asked again.
      while (!path.startsWith('/health') && !answers.has(429)) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other is what is asked here
        const answer = await limited.http.send(method, concrete);
        answers.set(answer.status, answer);
      }
      for (const [status, answer] of answers) {
        if (status !== 429 && status !== 401) continue;
        const documented = doc.responses[String(status)];
        const [media] = Object.values(documented?.content ?? {});
        expect({ name, status, headers: Object.keys(answer.headers) }).toEqual({
          name,
          status,
          headers: expect.arrayContaining(headersOf(documented)),
        });
        expect({ name, status, members: membersOf(answer.json()) }).toEqual({
          name,
          status,
          members: membersOf(media?.example),
        });
      }
    }
  });

  it('has each parameter, with an example', () => {
    for (const { name, path, doc } of operations) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      const parameters = doc.parameters ?? [];
      expect({ name, params: parameters.filter((one) => one.in === 'path').map((one) => one.name) }).toEqual({
        name,
        params: inPath,
      });
      for (const parameter of parameters.filter((one) => one.in !== 'header')) {
        expect({ name, parameter, example: parameter.example ?? parameter.schema?.example }).toEqual({
          name,
          parameter,
          example: expect.anything(),
        });
      }
    }
    const list = api.paths['/kv']?.['get']?.parameters;
    expect(list).toMatchObject([{ name: 'prefix', in: 'query', required: false }]);
  });

  it('says of each member of each body what it is, and which ones are required', () => {
    const { schemas } = api.components;
    for (const [name, schema] of Object.entries(schemas)) {
      for (const [member, doc] of Object.entries(schema.properties ?? {})) {
        const said = exampleOf(doc) ?? doc.description;
        expect({ name, member, said }).toEqual({ name, member, said: expect.anything() });
      }
    }
    expect(schemas['PutDto']?.required).toEqual(['value']);
    expect(schemas['BatchDto']?.required).toEqual(['operations']);
    expect(schemas['BatchOperationDto']?.required).toEqual(['op', 'key']);
  });

  it('has examples that the service takes, and answers as documented: /kv and what has no body', async () => {
    const bodies = operations.filter(({ doc }) => doc.requestBody !== undefined);
    const refusingOtherTypes = operations.filter(({ doc }) => doc.responses['415'] !== undefined);
    expect(bodies.map(({ name }) => name)).toEqual(refusingOtherTypes.map(({ name }) => name));
    for (const { name, method, path, doc } of bodies.filter((operation) => operation.path.startsWith('/kv'))) {
      const key = doc.parameters?.find((parameter) => parameter.name === 'key')?.example;
      const body = JSON.stringify(exampleOf(schemaOf(doc.requestBody)!));
      const answer = await http.send(method, path.replace('{key}', encodeURIComponent(String(key))), { body });
      expect({ name, status: answer.status, required: doc.requestBody?.required }).toEqual({
        name,
        status: 200,
        required: true,
      });
      const documented = schemaOf(doc.responses['200'])!;
      expect(Object.keys(answer.json() as object)).toEqual(Object.keys(documented.properties ?? {}));
    }
    await http.put('/kv/user:1', { value: 1 });
    for (const path of ['/stats', '/kv', '/kv/user:1', '/health', '/']) {
      const doc = api.paths[path.replace('user:1', '{key}')]?.['get'];
      const documented = exampleOf(schemaOf(doc?.responses['200'])!);
      expect(Object.keys((await http.get(path)).json() as object)).toEqual(Object.keys(documented as object));
    }
  });
});

describe('/docs', () => {
  it('is Swagger UI, with everything it loads', async () => {
    const page = await http.get('/docs');
    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    const assets = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1]!);
    expect(assets.some((asset) => asset.endsWith('.js')) && assets.some((asset) => asset.endsWith('.css'))).toBe(true);
    for (const asset of assets) {
      const answer = await http.get(new URL(asset, 'http://service/docs').pathname);
      expect({ asset, status: answer.status }).toEqual({ asset, status: 200 });
    }
  });

  it('has the document as YAML too', async () => {
    const yaml = await http.get('/docs-yaml');
    expect([yaml.status, yaml.text]).toEqual([200, expect.stringContaining('/kv/{key}:')]);
  });
});

describe('GET /', () => {
  it('is a short JSON object of links, each of which leads somewhere', async () => {
    const answer = await http.get('/');
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/json; charset=utf-8']);
    const links = Object.entries(answer.json() as Record<string, string>).filter(([, link]) => link.startsWith('/'));
    expect(links.map(([, link]) => link)).toEqual(
      expect.arrayContaining(['/docs', '/docs-json', '/health', '/stats', '/kv']),
    );
    for (const [name, link] of links) {
      const isDocumented = Object.hasOwn(api.paths, link);
      const { status } = await http.get(link);
      expect({ name, leadsSomewhere: status === 200 || isDocumented }).toEqual({ name, leadsSomewhere: true });
    }
  });
});

describe('GET /health', () => {
  it('says that the service is healthy', async () => {
    const answer = await http.get('/health');
    expect([answer.status, answer.json()]).toEqual([200, { status: 'healthy' }]);
  });
});
