import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { KvasirHttpAdapter } from '@kvasir/http';

/** Swagger UI at `/docs`, its document at `/docs-json` and `/docs-yaml`. */
export function serveApiDocs(app: INestApplication, adapter: KvasirHttpAdapter, version: string): void {
  const config = new DocumentBuilder()
    .setTitle('Kvasir test-client')
    .setDescription('Workflows that check what a running kv-service promises, and reports of the last runs.')
    .setVersion(version)
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .build();
  SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, config), {
    customSiteTitle: 'Kvasir test-client',
    swaggerOptions: { tryItOutEnabled: true, displayRequestDuration: true },
  });
  adapter.router.addExternal('/docs', { subtree: true });
  adapter.router.addExternal('/docs-json');
  adapter.router.addExternal('/docs-yaml');
}
