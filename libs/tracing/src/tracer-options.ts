/** Which traces are recorded, by OpenTelemetry's names. `parentbased_…`: as the caller says, and by the rest of the name when nobody does. */
export type TraceSampler =
  | 'always_on'
  | 'always_off'
  | 'traceidratio'
  | 'parentbased_always_on'
  | 'parentbased_always_off'
  | 'parentbased_traceidratio';

/** The part of a logger that is needed; a pino logger is one. */
export interface TracerLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** What a tracer is set up with. Where spans are sent to, and with which headers, the exporter reads from the standard variables of OpenTelemetry by itself. */
export interface TracerOptions {
  readonly serviceName: string;
  readonly serviceVersion: string;
  readonly protocol: 'http/protobuf' | 'http/json';
  readonly sampler: TraceSampler;
  /** The part of all traces that the samplers `…traceidratio` record, 0 to 1. */
  readonly samplerRatio: number;
  /** Milliseconds after which spans are sent at the latest. */
  readonly scheduleDelayMs: number;
  /** The most spans that wait to be sent; what comes past that is lost. */
  readonly maxQueueSize: number;
  readonly logger: TracerLogger;
}
