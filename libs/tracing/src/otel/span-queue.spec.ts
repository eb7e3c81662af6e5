import { describe, expect, it } from '@jest/globals';
import { TracerProvider, type SpanExporter } from '@opentelemetry/sdk-trace';
import { SpanLosses } from './span-losses.js';
import { SpanQueue } from './span-queue.js';

type Outcome = Parameters<Parameters<SpanExporter['export']>[1]>[0];

const SENT: Outcome = { code: 0 };
const FAILED: Outcome = { code: 1, error: new Error('connect ECONNREFUSED') };

const FULL = { reason: '1 spans wait already, which is OTEL_BSP_MAX_QUEUE_SIZE' };
const REFUSED = { reason: 'connect ECONNREFUSED' };

/** A queue with one place before a collector that answers when it is told to; spans are sent one at a time. */
function slowCollector() {
  const said: object[] = [];
  let answer: ((outcome: Outcome) => void) | undefined;
  const exporter: SpanExporter = {
    export: (_spans, callback) => (answer = callback),
    shutdown: () => Promise.resolve(),
  };
  const losses = new SpanLosses({ info: (fields) => said.push(fields), warn: (fields) => said.push(fields) });
  const queue = new SpanQueue(exporter, losses, { scheduleDelayMs: 60_000, maxQueueSize: 1 });
  const tracer = new TracerProvider({ spanProcessors: [queue] }).getTracer('test');
  return {
    said,
    /** Ends so many spans. */
    end: (count: number): void => {
      for (let i = 0; i < count; i++) tracer.startSpan('span').end();
    },
    /** Answers for the span that is being sent; resolves when the next one is, if there is one. */
    answer: async (outcome: Outcome): Promise<void> => {
      answer!(outcome);
      await new Promise(setImmediate);
    },
  };
}

describe('spans that come faster than they are sent', () => {
  it('are counted from the first that has no place, and told of once until none is lost between two that are sent', async () => {
    const { said, end, answer } = slowCollector();
    // One is being sent, one waits.
    end(2);
    expect(said).toEqual([]);
    end(3);
    expect(said).toEqual([FULL]);
    await answer(SENT);
    end(2);
    await answer(SENT);
    expect(said).toEqual([FULL]);
    end(1);
    await answer(SENT);
    expect(said).toEqual([FULL, { lost: 4 }]);
    end(2);
    expect(said).toEqual([FULL, { lost: 4 }, FULL]);
    await answer(SENT);
    await answer(SENT);
    expect(said).toEqual([FULL, { lost: 4 }, FULL, { lost: 1 }]);
  });

  it('do not hide why none is sent', async () => {
    const { said, end, answer } = slowCollector();
    end(3);
    await answer(FAILED);
    await answer(FAILED);
    expect(said).toEqual([FULL, REFUSED]);
    end(1);
    await answer(SENT);
    expect(said).toEqual([FULL, REFUSED, { lost: 3 }]);
  });
});
