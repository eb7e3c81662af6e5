export { createLogger } from './create-logger.js';
export { stopOnSignal, type StopOptions } from './stop-on-signal.js';
export { checkGrpcSecurity, grpcSecurity, grpcTls, type GrpcSecurity, type GrpcTls } from './grpc-security.js';
