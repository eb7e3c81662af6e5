import type { INestApplication } from '@nestjs/common';
import { WireRefusal, type KvasirHttpAdapter } from '@kvasir/http';

const SUBTREE = '/docs';
const FILES = ['/docs-json', '/docs-yaml'];

/** `DOCS=off`: where Swagger UI and its document would be there is nothing, instead of what another API makes of such a path. */
export function hideApiDocs(app: INestApplication, { router }: KvasirHttpAdapter): void {
  router.addExternal(SUBTREE, { subtree: true });
  for (const file of FILES) router.addExternal(file);
  app.use([SUBTREE, ...FILES], () => {
    throw new WireRefusal(404, 'there is nothing at this path');
  });
}
