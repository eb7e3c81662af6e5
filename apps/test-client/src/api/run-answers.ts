import type { RunRecord, StepRecord } from '../runs/run-record.js';
import type { FailedDto, PassedDto, RunDto, RunSummaryDto, StepDto } from './dto.js';

/** What `POST /test/<workflow>` answers, word for word (docs/contracts/keys.md). */
export function verdict({ testName, failure, steps }: RunRecord): PassedDto | FailedDto {
  return failure === undefined
    ? {
        success: true,
        test_name: testName,
        details: { steps_executed: steps.length, all_assertions_passed: true },
      }
    : { success: false, test_name: testName, step: failure.step, error: failure.error };
}

/** A run in the listing. */
export function runSummary(run: RunRecord): RunSummaryDto {
  const { id, workflow, testName, startedAt, durationMs, failure } = run;
  return {
    id,
    workflow,
    test_name: testName,
    success: failure === undefined,
    started_at: new Date(startedAt).toISOString(),
    duration_ms: rounded(durationMs),
    ...failure,
  };
}

/** A run with every request of it. */
export function runDetails(run: RunRecord): RunDto {
  return Object.assign(runSummary(run), {
    steps: run.steps.map(stepDetails),
    clean_up: run.cleanUp.map(stepDetails),
  });
}

function stepDetails({ name, startedAt, durationMs, request, answer, error }: StepRecord): StepDto {
  const { method, path, body } = request;
  return {
    name,
    passed: error === undefined,
    started_at: new Date(startedAt).toISOString(),
    duration_ms: rounded(durationMs),
    sent: { method, path, ...(body && { body: body.text, body_cut: body.cut }) },
    ...(answer && {
      received: {
        status: answer.status,
        ...(answer.contentType !== undefined && { content_type: answer.contentType }),
        body: answer.body.text,
        body_cut: answer.body.cut,
      },
    }),
    ...(error !== undefined && { error }),
  };
}

/** Milliseconds to the microsecond. */
function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
