import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { KvasirHttpAdapter } from '@kvasir/http';
import { isOpenPath } from '../access/open-paths.js';

/**
 * Swagger UI at `/docs`, its document at `/docs-json` and `/docs-yaml`.
 *
 * @param hasKeys whether requests need an API key
 */
export function serveApiDocs(
  app: INestApplication,
  adapter: KvasirHttpAdapter,
  version: string,
  hasKeys: boolean,
): void {
  const builder = new DocumentBuilder()
    .setTitle('Kvasir kv-service')
    .setDescription('A durable key-value store. Every API here reads and writes the same keys.')
    .setVersion(version)
    .setLicense('MIT', 'https://opensource.org/license/mit');
  const config = (hasKeys ? withKeys(builder) : builder).build();
  SwaggerModule.setup('docs', app, () => withOpenPaths(SwaggerModule.createDocument(app, config)), {
    customSiteTitle: 'Kvasir',
    swaggerOptions: { tryItOutEnabled: true, displayRequestDuration: true },
  });
  adapter.router.addExternal('/docs', { subtree: true });
  adapter.router.addExternal('/docs-json');
  adapter.router.addExternal('/docs-yaml');
}

/** Either of the two: "Authorize" takes a key, which "Try it out" then sends. */
function withKeys(builder: DocumentBuilder): DocumentBuilder {
  return builder
    .addApiKey({ type: 'apiKey', in: 'header', name: 'x-api-key' }, 'x-api-key')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'API key' }, 'bearer')
    .addSecurityRequirements('x-api-key')
    .addSecurityRequirements('bearer');
}

/** What needs no key says so. */
function withOpenPaths(document: OpenAPIObject): OpenAPIObject {
  if (document.security === undefined) return document;
  for (const [path, { get }] of Object.entries(document.paths)) {
    if (get !== undefined && isOpenPath(path)) get.security = [];
  }
  return document;
}
