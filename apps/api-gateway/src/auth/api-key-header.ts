/** Where clients send their key. */
export const API_KEY_HEADER = 'x-api-key';

/** `WWW-Authenticate` of a 401. */
export const CHALLENGE = `ApiKey header="${API_KEY_HEADER}"`;

/** The same of `/metrics`, which takes a key as Prometheus sends it, too. */
export const METRICS_CHALLENGE = `Bearer realm="kvasir", ${CHALLENGE}`;
