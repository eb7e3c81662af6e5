import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Span } from '../tracer.js';
import { OtelTracer } from './otel-tracer.js';

const TRACE = { traceId: '1'.repeat(32), spanId: '2'.repeat(16) };

describe('the span on whose behalf code works', () => {
  let tracer: OtelTracer;
  beforeEach(() => {
    tracer = new OtelTracer({
      serviceName: 'test',
      serviceVersion: '1',
      protocol: 'http/json',
      sampler: 'parentbased_always_on',
      samplerRatio: 1,
      scheduleDelayMs: 60_000,
      // No span has a place, and so none is sent.
      maxQueueSize: 0,
      logger: { info: () => undefined, warn: () => undefined },
    });
  });
  afterEach(() => tracer.close(0));

  const start = (flags: number): Span => tracer.start({ name: 'n', kind: 'server', parent: { ...TRACE, flags } });
  const currentLater = async (): Promise<Span | undefined> => {
    await new Promise(setImmediate);
    return tracer.current();
  };

  it('is found at once and later, until it has ended', async () => {
    const span = start(1);
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    const [now, later, behind] = tracer.within(span, () => [
      tracer.current(),
      currentLater(),
      ended.then(() => tracer.current()),
    ]);
    expect([now, await later]).toEqual([span, span]);
    // Another one keeps the storage in use.
    tracer.within(start(1), () => undefined);
    span.end();
    end();
    expect([await behind, tracer.current()]).toEqual([undefined, undefined]);
  });

  it('is not that of a request in whose midst one begins that is not recorded', async () => {
    const outer = start(1);
    const inner = start(0);
    expect([outer.isRecorded, inner.isRecorded]).toEqual([true, false]);
    const [now, later, behind] = tracer.within(outer, () => [
      ...tracer.within(inner, () => [tracer.current(), currentLater()]),
      tracer.current(),
    ]);
    expect([now, await later, behind]).toEqual([undefined, undefined, outer]);
  });

  it('is its own of one that begins in the midst of another', async () => {
    const [outer, inner] = [start(1), start(1)];
    const later = tracer.within(outer, () => tracer.within(inner, () => currentLater()));
    expect(await later).toBe(inner);
  });
});
