/** What to inject for the `TestClientConfig`. */
export const TEST_CLIENT_CONFIG = Symbol('test-client config');
