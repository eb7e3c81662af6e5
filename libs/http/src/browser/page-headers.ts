import helmet from 'helmet';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { WireHeaders } from '../wire-answer.js';

const setHeaders = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
      // Swagger UI's icons are data: URLs.
      imgSrc: ["'self'", 'data:'],
      objectSrc: ["'none'"],
      scriptSrc: ["'self'"],
      scriptSrcAttr: ["'none'"],
      // Swagger UI sets styles in its page and on its elements.
      styleSrc: ["'self'", "'unsafe-inline'"],
    },
  },
  xFrameOptions: { action: 'deny' },
  // Every answer has it, pages or not.
  xContentTypeOptions: false,
  // It would hold for every port of the host name, those that serve plain HTTP too: whoever owns the name says it, usually in front of the service.
  strictTransportSecurity: false,
});

/**
 * What a page for a browser is sent with: helmet's headers, with a content security policy that lets the page load from this service alone and send requests to it alone.
 *
 * They are the same for every page, so helmet is asked once.
 */
export const PAGE_HEADERS: WireHeaders = collected();

function collected(): WireHeaders {
  const headers: Record<string, string> = {};
  const response = {
    setHeader: (name: string, value: string) => void (headers[name] = value),
    removeHeader: () => undefined,
  } as unknown as ServerResponse;
  setHeaders({} as IncomingMessage, response, (error) => {
    if (error !== undefined) throw error as Error;
  });
  return Object.freeze(headers);
}
