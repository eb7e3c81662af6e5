import { describe, expect, it } from '@jest/globals';
import { readSettings, type Program } from '@kvasir/config';
import { isTracing, tracing } from './tracing-settings.js';

const PROGRAM = {
  name: 'service',
  summary: 'A service.',
  version: () => '1',
  sections: { tracing },
} satisfies Program;

type Env = Readonly<Record<string, string>>;

function read(env: Env) {
  const result = readSettings(PROGRAM, { env, argv: [] });
  if (result.kind !== 'settings') throw new Error(result.text);
  return result.settings.tracing;
}

function problem(variable: string, value: string): string {
  const result = readSettings(PROGRAM, { env: { [variable]: value }, argv: [] });
  if (result.kind !== 'invalid') throw new Error(`${variable}=${value} was taken`);
  return result.text;
}

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318' };
const TRACES_ENDPOINT = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://collector.example/traces' };

describe('the settings of tracing', () => {
  it.each<[boolean, Env]>([
    [false, {}],
    [false, { OTEL_EXPORTER_OTLP_ENDPOINT: '' }],
    [true, ENDPOINT],
    [true, TRACES_ENDPOINT],
    [false, { ...ENDPOINT, OTEL_SDK_DISABLED: 'TRUE' }],
    [true, { ...ENDPOINT, OTEL_SDK_DISABLED: 'false' }],
    [false, { ...TRACES_ENDPOINT, OTEL_TRACES_EXPORTER: 'none' }],
    [true, { ...ENDPOINT, OTEL_TRACES_EXPORTER: 'otlp' }],
    [false, { OTEL_SERVICE_NAME: 'kvasir', OTEL_TRACES_SAMPLER: 'always_on' }],
  ])('say %s for %j', (expected, env) => {
    expect(isTracing(read(env))).toBe(expected);
  });

  it('are what OpenTelemetry has by itself', () => {
    expect(read({})).toMatchObject({
      protocol: 'http/protobuf',
      sampler: 'parentbased_always_on',
      samplerRatio: 1,
      scheduleDelayMs: 5000,
      maxQueueSize: 2048,
    });
  });

  it.each([
    ['0', 0],
    ['1', 1],
    ['1.0', 1],
    ['0.01', 0.01],
    [' .5 ', 0.5],
  ])('take %j as a part of all traces', (text, samplerRatio) => {
    expect(read({ OTEL_TRACES_SAMPLER_ARG: text })).toMatchObject({ samplerRatio });
  });

  it.each([
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'localhost:4318'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'grpc://localhost:4317'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://user:password@localhost:4318'],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', '/v1/traces'],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc'],
    ['OTEL_TRACES_SAMPLER', 'jaeger_remote'],
    ['OTEL_TRACES_SAMPLER_ARG', '1.1'],
    ['OTEL_TRACES_SAMPLER_ARG', '-0.1'],
    ['OTEL_TRACES_SAMPLER_ARG', '1e-2'],
    ['OTEL_TRACES_SAMPLER_ARG', '1%'],
    ['OTEL_TRACES_EXPORTER', 'console'],
    ['OTEL_SDK_DISABLED', '1'],
    ['OTEL_BSP_SCHEDULE_DELAY', '0'],
    ['OTEL_BSP_MAX_QUEUE_SIZE', '0'],
  ])('refuse %s=%s in one line', (variable, value) => {
    expect(problem(variable, value)).toMatch(new RegExp(`^${variable} is [^\\n]*: allowed is [^\\n]*\\n$`));
  });
});
