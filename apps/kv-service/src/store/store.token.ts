/** What to inject for the one `KvStore` of the service, whichever engine it is. Not for wire APIs: they work with the store of their caller, see `Access`. */
export const STORE = Symbol('store');
