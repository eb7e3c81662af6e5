import type { HttpClient } from '@kvasir/test-harness';

/** One method of one path of the OpenAPI document. */
export interface DocumentedRoute {
  /** In capitals. */
  readonly method: string;
  /** With its parameters in braces, as in `/kv/{key}`. */
  readonly path: string;
  /** The document's own example of the body, as JSON text; undefined for a route without one. */
  readonly body: string | undefined;
}

interface Schema {
  readonly $ref?: string;
  readonly example?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

interface Media {
  readonly schema?: Schema;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}

interface ApiDocument {
  readonly paths: Readonly<
    Record<
      string,
      Readonly<Record<string, { readonly requestBody?: { readonly content: Readonly<Record<string, Media>> } }>>
    >
  >;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** Every route that a service documents, with a body that fits. */
export async function documentedRoutes(http: HttpClient): Promise<DocumentedRoute[]> {
  const document = (await http.get('/docs-json')).json() as ApiDocument;
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { requestBody }]) => {
      const media = requestBody?.content['application/json'];
      return { method: method.toUpperCase(), path, body: media && JSON.stringify(bodyOf(document, media)) };
    }),
  );
}

function bodyOf(document: ApiDocument, { schema, examples = {} }: Media): unknown {
  const [named] = Object.values(examples);
  return named === undefined ? exampleOf(document, schema) : named.value;
}

function exampleOf(document: ApiDocument, given: Schema | undefined): unknown {
  const schema = given?.$ref === undefined ? given : document.components.schemas[given.$ref.split('/').at(-1) ?? ''];
  if (schema?.example !== undefined) return schema.example;
  if (schema?.items !== undefined) return [exampleOf(document, schema.items)];
  const members = Object.entries(schema?.properties ?? {});
  return Object.fromEntries(members.map(([name, member]) => [name, exampleOf(document, member)]));
}
