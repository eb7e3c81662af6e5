/** A service's address, taken apart. */
export interface BaseUrl {
  /** `http://host:port`. */
  readonly origin: string;
  /** What comes before every request's path: empty, or a path without a slash at its end. */
  readonly path: string;
}

/**
 * Checks the address of a service: `http:` or `https:`, a host, maybe a port and a path.
 *
 * @throws TypeError saying what does not fit. It does not repeat the URL: there may be a password in it.
 */
export function baseUrl(url: string | URL): BaseUrl {
  if (!URL.canParse(String(url))) throw new TypeError("the service's address is no URL, as in http://localhost:8000");
  const { protocol, username, password, search, hash, origin, pathname } = new URL(url);
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw new TypeError(`the service's address begins with ${protocol}: allowed are http: and https:`);
  }
  if (username !== '' || password !== '') {
    throw new TypeError("the service's address holds a user name or password, which the service does not ask for");
  }
  if (search !== '' || hash !== '') throw new TypeError("the service's address has a query or a fragment");
  return { origin, path: pathname.replace(/\/+$/, '') };
}
