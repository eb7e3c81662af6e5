import { anyText, MAX_TIMER_MS, oneOf, wholeNumber, type Section, type ValueParser } from '@kvasir/config';
import type { TraceSampler } from '@kvasir/tracing';

const collectorUrl: ValueParser<string> = {
  allowed: 'an http:// or https:// URL without user name and password, which belong into OTEL_EXPORTER_OTLP_HEADERS',
  parse: (text) => {
    if (!URL.canParse(text.trim())) return undefined;
    const { href, protocol, username, password } = new URL(text.trim());
    return /^https?:$/.test(protocol) && username === '' && password === '' ? href : undefined;
  },
};

const ratio: ValueParser<number> = {
  allowed: 'a number from 0 to 1, such as 0.01 for one trace in a hundred',
  parse: (text) => {
    const number = Number(text.trim());
    return /^\d+(\.\d*)?$|^\.\d+$/.test(text.trim()) && number <= 1 ? number : undefined;
  },
};

const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const satisfies readonly TraceSampler[];

/** Where spans go, and which. The names are OpenTelemetry's own, and so is what they mean. */
export const tracing = {
  title: 'Tracing',
  settings: {
    /** The collector's address, without `/v1/traces`. */
    endpoint: {
      variable: 'OTEL_EXPORTER_OTLP_ENDPOINT',
      description:
        "The address of an OpenTelemetry collector, such as http://localhost:4318: spans are sent to /v1/traces below it. Without it, and without OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, no span is made; a caller's trace is still passed on.",
      value: collectorUrl,
    },
    /** The whole address that spans are sent to. */
    tracesEndpoint: {
      variable: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
      description: 'The whole address that spans are sent to, instead of one made of OTEL_EXPORTER_OTLP_ENDPOINT.',
      value: collectorUrl,
    },
    /** What the requests to the collector are. */
    protocol: {
      variable: 'OTEL_EXPORTER_OTLP_PROTOCOL',
      description: 'How spans are sent; OTLP over gRPC is not offered.',
      value: oneOf(['http/protobuf', 'http/json']),
      default: 'http/protobuf',
    },
    /** Headers of the requests to the collector. The exporter reads them by itself. */
    headers: {
      variable: 'OTEL_EXPORTER_OTLP_HEADERS',
      description: "Headers that are sent to the collector, such as a tenant's key.",
      value: anyText('name=value, several separated by commas, percent-encoded'),
      secret: true,
    },
    /** What the service is called in traces; undefined: by its own name. */
    serviceName: {
      variable: 'OTEL_SERVICE_NAME',
      description: "The service's name in traces; without it kv-service, api-gateway or test-client.",
      value: anyText('any text'),
    },
    /** Further attributes of the service. The SDK reads them by itself. */
    resourceAttributes: {
      variable: 'OTEL_RESOURCE_ATTRIBUTES',
      description: 'What else is said of the service in traces, such as deployment.environment.name=production.',
      value: anyText('name=value, several separated by commas, percent-encoded'),
    },
    /** Which traces are recorded. */
    sampler: {
      variable: 'OTEL_TRACES_SAMPLER',
      description: "Which traces are recorded; parentbased_ means that a caller's decision holds.",
      value: oneOf(SAMPLERS),
      default: 'parentbased_always_on',
    },
    /** The part of the traces that the samplers `…traceidratio` record, 0 to 1. */
    samplerRatio: {
      variable: 'OTEL_TRACES_SAMPLER_ARG',
      description: 'Of how many traces traceidratio and parentbased_traceidratio record the spans.',
      value: ratio,
      default: '1',
    },
    /** Milliseconds after which spans are sent at the latest. */
    scheduleDelayMs: {
      variable: 'OTEL_BSP_SCHEDULE_DELAY',
      description: 'Milliseconds after which spans are sent at the latest; 512 are sent at once.',
      value: wholeNumber(1, MAX_TIMER_MS),
      default: '5000',
    },
    /** The most spans that wait to be sent. */
    maxQueueSize: {
      variable: 'OTEL_BSP_MAX_QUEUE_SIZE',
      description:
        'The most spans that wait to be sent; what comes past that, or while the collector is away, is lost.',
      value: wholeNumber(1, 1_000_000),
      default: '2048',
    },
    /** `none` is as good as no endpoint. */
    exporter: {
      variable: 'OTEL_TRACES_EXPORTER',
      description: 'none turns tracing off, whatever the endpoint.',
      value: oneOf(['otlp', 'none']),
      default: 'otlp',
    },
    /** `true` is as good as no endpoint. */
    disabled: {
      variable: 'OTEL_SDK_DISABLED',
      description: 'true turns tracing off, whatever the endpoint.',
      value: oneOf(['true', 'false'], { anyCase: true }),
      default: 'false',
    },
  },
} satisfies Section;

/** What {@link tracing} is read into, as far as it is needed here. */
export interface TracingSettings {
  readonly endpoint: string | undefined;
  readonly tracesEndpoint: string | undefined;
  readonly protocol: 'http/protobuf' | 'http/json';
  readonly serviceName: string | undefined;
  readonly sampler: TraceSampler;
  readonly samplerRatio: number;
  readonly scheduleDelayMs: number;
  readonly maxQueueSize: number;
  readonly exporter: 'otlp' | 'none';
  readonly disabled: 'true' | 'false';
}

/** Whether there is somebody to send spans to. */
export function isTracing({ endpoint, tracesEndpoint, exporter, disabled }: TracingSettings): boolean {
  return (endpoint ?? tracesEndpoint) !== undefined && exporter === 'otlp' && disabled === 'false';
}
