import { WireAnswer } from '@kvasir/http';

/** A 200 with JSON that is never cached: the next one may say something else. */
export function jsonAnswer(body: object, headers: Readonly<Record<string, string>> = {}): WireAnswer {
  return new WireAnswer(200, JSON.stringify(body), { 'Cache-Control': 'no-store', ...headers });
}
