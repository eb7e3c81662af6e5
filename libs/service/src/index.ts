export { checkGrpcSecurity, grpcSecurity, grpcTls, type GrpcSecurity, type GrpcTls } from './grpc-security.js';
export { connections, httpOptions, rate, rateLimiter, web, type HttpSettings } from './http-settings.js';
export { hideApiDocs } from './hidden-docs.js';
export { createHttpApp, listenForHttp, loggerModule, type HttpAppOptions } from './http-app.js';
export { LogLevelSwitch } from './log-level-switch.js';
export { runService, type Service, type ServiceConfig, type ServiceContext } from './run-service.js';
export { ServiceStop } from './service-stop.js';
export {
  checkShutdown,
  drainMs,
  httpHost,
  log,
  LOG_LEVELS,
  logLevel,
  shutdown,
  type LogLevel,
  type ShutdownTimes,
} from './settings.js';
export { checkTls, renewTlsOnSignal, tls, tlsIdentity, type TlsFiles } from './tls.js';
export { tracing, type TracingSettings } from './tracing-settings.js';
export { listenError, StartError, type ListenAddress } from './start-error.js';
