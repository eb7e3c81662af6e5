import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { KvasirHttpAdapter } from '@kvasir/http';
import { API_KEY_HEADER } from './auth/api-key-header.js';

/**
 * Swagger UI at `/docs`, its document at `/docs-json` and `/docs-yaml`.
 *
 * @param hasMetrics whether there is `/metrics`, which takes a bearer token, too
 */
export function serveApiDocs(
  app: INestApplication,
  adapter: KvasirHttpAdapter,
  version: string,
  hasMetrics: boolean,
): void {
  const builder = new DocumentBuilder()
    .setTitle('Kvasir api-gateway')
    .setDescription('String values under string keys. "Authorize" takes the API key that "Try it out" then sends.')
    .setVersion(version)
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addApiKey({ type: 'apiKey', in: 'header', name: API_KEY_HEADER }, API_KEY_HEADER);
  if (hasMetrics) builder.addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'API key' }, 'bearer');
  const config = builder.build();
  SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, config), {
    customSiteTitle: 'Kvasir api-gateway',
    swaggerOptions: { tryItOutEnabled: true, displayRequestDuration: true },
  });
  adapter.router.addExternal('/docs', { subtree: true });
  adapter.router.addExternal('/docs-json');
  adapter.router.addExternal('/docs-yaml');
}
