/** What to inject for the service's `RequestLimits`. */
export const REQUEST_LIMITS = Symbol('request limits');
