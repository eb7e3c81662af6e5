import { WireRefusal } from '@kvasir/http';

/**
 * Checks the body of a request that has no parameters: nothing, or `{}`. Anything in it would be a wish that is not granted.
 *
 * @throws WireRefusal 400
 */
export function expectNoParameters(body: Buffer): void {
  if (body.length === 0) return;
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    throw new WireRefusal(400, 'the body is not JSON; leave it out');
  }
  const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
  if (!isObject || Object.keys(parsed as object).length > 0) {
    throw new WireRefusal(400, 'this request has no parameters: the body is left out, or {}');
  }
}
