/** What to inject for the one `KvStore` of the service, whichever engine it is. */
export const STORE = Symbol('store');
