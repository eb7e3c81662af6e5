/** What a request says of its key. `conflict`: it brings two different ones. */
export type GivenKey =
  { readonly kind: 'key'; readonly key: string } | { readonly kind: 'none' } | { readonly kind: 'conflict' };

const BEARER = /^bearer +([^ ]+) *$/i;

const NONE: GivenKey = { kind: 'none' };
const CONFLICT: GivenKey = { kind: 'conflict' };

/**
 * The API key of a request, from `x-api-key` or from `Authorization: Bearer <key>` (RFC 6750). Other schemes of authorization are somebody else's, such as a proxy's.
 *
 * @param apiKey the value of `x-api-key`
 * @param authorization the value of `authorization`
 */
export function givenKey(apiKey: string | undefined, authorization: string | undefined): GivenKey {
  const bearer = authorization === undefined ? undefined : BEARER.exec(authorization)?.[1];
  const key = apiKey ?? bearer;
  if (key === undefined) return NONE;
  return bearer === undefined || bearer === key ? { kind: 'key', key } : CONFLICT;
}
