/** Where clients send their key. */
export const API_KEY_HEADER = 'x-api-key';

/** `WWW-Authenticate` of every 401. */
export const CHALLENGE = `ApiKey header="${API_KEY_HEADER}"`;
