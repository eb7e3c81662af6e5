export { HttpClient, type HttpAnswer, type HttpRequestOptions } from './http-client.js';
export type { Exit } from './launch.js';
export type { LogLine } from './log-lines.js';
export { PostgresServer, usePostgres, type PostgresServerOptions } from './postgres-server.js';
export { RawConnection, type RawResponse } from './raw-connection.js';
export { rawAnswer, RawServer, useRawServers, type RawHandler, type RawRequest } from './raw-server.js';
export { ServiceProcess } from './service-process.js';
export { TestServices, useTestServices, type ServiceOptions } from './test-services.js';
export { within } from './within.js';
