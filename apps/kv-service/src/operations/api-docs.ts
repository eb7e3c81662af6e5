import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { KvasirHttpAdapter } from '@kvasir/http';

/** Swagger UI at `/docs`, its document at `/docs-json` and `/docs-yaml`. */
export function serveApiDocs(app: INestApplication, adapter: KvasirHttpAdapter, version: string): void {
  const config = new DocumentBuilder()
    .setTitle('Kvasir kv-service')
    .setDescription('A durable key-value store. Every API here reads and writes the same keys.')
    .setVersion(version)
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .build();
  SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, config), {
    customSiteTitle: 'Kvasir',
    swaggerOptions: { tryItOutEnabled: true, displayRequestDuration: true },
  });
  adapter.router.addExternal('/docs', { subtree: true });
  adapter.router.addExternal('/docs-json');
  adapter.router.addExternal('/docs-yaml');
}
