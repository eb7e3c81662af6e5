import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { ConnectionFailedError, HttpTransport, keysRequests, TimedOutError, type CallOptions } from '@kvasir/client';
import { traceHeaders, type Span, type TraceContext, type Tracer } from '@kvasir/tracing';
import { unexpected } from '../workflows/expectations.js';
import { randomScratch } from '../workflows/random-scratch.js';
import { testName, type Expectation, type Scratch, type Step, type Workflow } from '../workflows/workflow.js';
import { answerRecord, requestRecord, type RunFailure, type RunRecord, type StepRecord } from './run-record.js';

/** What a runner is set up with. */
export interface RunnerOptions {
  /** The service's address, the only one that is ever talked to. */
  readonly url: string;
  /** Milliseconds that one request may take, its whole answer included. */
  readonly timeoutMs: number;
  /** Sent as `x-api-key` with every request; default none. */
  readonly apiKey?: string;
  /** Unix time in milliseconds; default the system's. */
  readonly now?: () => number;
  /** Keys and values of a run, by the workflow's name; default random ones. */
  readonly scratch?: (workflowName: string) => Scratch;
  /** Makes a span of every request; default: there are no traces. */
  readonly tracer?: Tracer | undefined;
}

/** What is told of a timeout, word for word (docs/contracts/keys.md). */
const TIMEOUT_TEXT = 'Timeout connecting to KV service';

/** The step of a run whose service cannot be reached (docs/contracts/keys.md). */
const CONNECTION = 'connection';

/** Far more than any answer to a workflow's requests: what goes on past it is not read. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/** Cleaning up behind a lost connection is tried, but a service that hangs shall not make a run much longer. */
const CLEAN_UP_AFTER_FAILURE_MS = 2000;

/** Between two looks for a key that a late write may still bring. */
const CLEAN_UP_PAUSE_MS = 250;

/** A step that was made, and what it says of the rest of the run. */
interface Outcome {
  readonly record: StepRecord;
  readonly failure: RunFailure | undefined;
  /** Whether the service may have got the request. */
  readonly arrived: boolean;
}

/** Runs workflows against one service. Runs share nothing: each has its own keys and connections. */
export class WorkflowRunner {
  private readonly now: () => number;
  private readonly scratch: (workflowName: string) => Scratch;

  constructor(private readonly options: RunnerOptions) {
    this.now = options.now ?? Date.now;
    this.scratch = options.scratch ?? randomScratch;
  }

  /**
   * Runs a workflow to its end, or to its first failure, and cleans up.
   *
   * @param signal ends the run early: it fails with step `connection` and the signal's reason, and still cleans up
   * @param trace what its requests are a part of; default: each begins a trace
   */
  async run(workflow: Workflow, signal?: AbortSignal, trace?: TraceContext): Promise<RunRecord> {
    const startedAt = this.now();
    const start = performance.now();
    // Nothing is sent twice: a run reports what the service did at the first attempt.
    const http = new HttpTransport(this.options.url, {
      timeoutMs: this.options.timeoutMs,
      retries: 0,
      maxAnswerBytes: MAX_ANSWER_BYTES,
      connections: 1,
      apiKey: this.options.apiKey,
    });
    try {
      const plan = workflow.plan(this.scratch(workflow.name));
      const outcomes: Outcome[] = [];
      for (const step of plan.steps) {
        // oxlint-disable-next-line no-await-in-loop -- each step builds on the one before
        const outcome = await this.take(http, step, { signal }, trace);
        outcomes.push(outcome);
        if (outcome.failure !== undefined) break;
      }
      const failure = outcomes.at(-1)?.failure;
      const left = failure === undefined ? plan.leaves : plan.keys;
      const cleanUp = outcomes.some(({ arrived }) => arrived) ? await this.cleanUp(http, left, failure, trace) : [];
      return {
        id: randomUUID(),
        workflow: workflow.name,
        testName: testName(workflow),
        startedAt,
        durationMs: performance.now() - start,
        failure,
        steps: outcomes.map(({ record }) => record),
        cleanUp,
      };
    } finally {
      await http.close();
    }
  }

  private async cleanUp(
    http: HttpTransport,
    keys: readonly string[],
    failure: RunFailure | undefined,
    trace: TraceContext | undefined,
  ): Promise<StepRecord[]> {
    const timeoutMs =
      failure?.step === CONNECTION
        ? Math.min(this.options.timeoutMs, CLEAN_UP_AFTER_FAILURE_MS)
        : this.options.timeoutMs;
    const records: StepRecord[] = [];
    for (const key of keys) {
      const step = { name: 'clean_up', request: keysRequests.delete(key), expect: isAway };
      const end = performance.now() + (failure?.step === CONNECTION ? CLEAN_UP_AFTER_FAILURE_MS : 0);
      /* oxlint-disable no-await-in-loop -- one request after the other, until the key is gone for good */
      for (;;) {
        const { record, failure: lost } = await this.take(http, step, { timeoutMs }, trace);
        records.push(record);
        // A service that is gone is asked once.
        if (lost?.step === CONNECTION) return records;
        // A write that was not answered may still be on its way: what is not there yet is looked for again.
        if (record.answer?.status !== 404 || performance.now() + CLEAN_UP_PAUSE_MS > end) break;
        await delay(CLEAN_UP_PAUSE_MS);
      }
      /* oxlint-enable no-await-in-loop */
    }
    return records;
  }

  private async take(
    http: HttpTransport,
    step: Step,
    call: CallOptions,
    trace: TraceContext | undefined,
  ): Promise<Outcome> {
    const { tracer, url } = this.options;
    const span = tracer && beginSpan(tracer, step, url, trace);
    const outcome = await this.send(http, step, { ...call, trace: span && traceHeaders(span.context) });
    if (span !== undefined) endSpan(span, outcome);
    return outcome;
  }

  private async send(http: HttpTransport, { name, request, expect }: Step, call: CallOptions): Promise<Outcome> {
    const startedAt = this.now();
    const start = performance.now();
    const sent = { name, startedAt, request: requestRecord(request) };
    try {
      const answer = await http.send(request, call);
      const error = expect(answer);
      return {
        record: { ...sent, durationMs: performance.now() - start, answer: answerRecord(answer), error },
        failure: error === undefined ? undefined : { step: name, error },
        arrived: true,
      };
    } catch (caught) {
      const error = connectionText(caught);
      return {
        record: { ...sent, durationMs: performance.now() - start, answer: undefined, error },
        failure: { step: CONNECTION, error },
        arrived: !(caught instanceof ConnectionFailedError) || caught.mayHaveArrived,
      };
    }
  }
}

/** The key is in the path, which is left out. */
function beginSpan(
  tracer: Tracer,
  { name, request: { method } }: Step,
  url: string,
  parent: TraceContext | undefined,
): Span {
  const { protocol, hostname, port } = new URL(url);
  return tracer.start({
    name: method,
    kind: 'client',
    parent,
    attributes: {
      'http.request.method': method,
      'server.address': hostname,
      'server.port': port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
      'kvasir.step': name,
    },
  });
}

function endSpan(span: Span, { record: { answer } }: Outcome): void {
  const failure = answer === undefined ? CONNECTION : answer.status >= 400 ? String(answer.status) : undefined;
  span.end({ attributes: { 'http.response.status_code': answer?.status }, failure });
}

/** What is told of a request without an answer. */
function connectionText(error: unknown): string {
  if (error instanceof TimedOutError) return TIMEOUT_TEXT;
  return error instanceof Error ? error.message : String(error);
}

/** A deletion after a run: done, or nothing to do. */
const isAway: Expectation = (answer) =>
  answer.status === 200 || answer.status === 404 ? undefined : unexpected(answer);
