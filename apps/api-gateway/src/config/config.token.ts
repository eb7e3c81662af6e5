/** What to inject for the `GatewayConfig`. */
export const GATEWAY_CONFIG = Symbol('api-gateway config');
