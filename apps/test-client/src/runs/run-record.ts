import type { HttpAnswer, HttpRequest } from '@kvasir/client';

/** The longest body that is kept of a request or an answer, in UTF-16 units. */
const MAX_KEPT = 2000;

/** A text of which too much may have come. */
export interface KeptText {
  readonly text: string;
  /** There was more. */
  readonly cut: boolean;
}

/** What came back. */
export interface AnswerRecord {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly body: KeptText;
}

/** One request of a run: what was sent, what came, how long it took. */
export interface StepRecord {
  readonly name: string;
  /** Unix time in milliseconds. */
  readonly startedAt: number;
  readonly durationMs: number;
  readonly request: { readonly method: string; readonly path: string; readonly body: KeptText | undefined };
  /** Undefined when no whole answer came. */
  readonly answer: AnswerRecord | undefined;
  /** What was wrong; undefined when the step passed. */
  readonly error: string | undefined;
}

/** Why a run failed. */
export interface RunFailure {
  /** The step's name; `connection` when the service could not be reached or did not answer in time. */
  readonly step: string;
  readonly error: string;
}

/** A run that is over. */
export interface RunRecord {
  /** A UUID. */
  readonly id: string;
  /** The workflow's name. */
  readonly workflow: string;
  /** The workflow's name in answers, `test_<name>`. */
  readonly testName: string;
  /** Unix time in milliseconds. */
  readonly startedAt: number;
  /** With cleaning up. */
  readonly durationMs: number;
  /** Undefined when the run passed. */
  readonly failure: RunFailure | undefined;
  /** The steps that were begun, in order. */
  readonly steps: readonly StepRecord[];
  /** The deletions after them. */
  readonly cleanUp: readonly StepRecord[];
}

/** As much of a text as is kept. */
export function keptText(text: string, truncated = false): KeptText {
  if (text.length <= MAX_KEPT) return { text, cut: truncated };
  return { text: text.slice(0, MAX_KEPT).toWellFormed(), cut: true };
}

/** What is kept of a request. */
export function requestRecord({ method, path, body }: HttpRequest): StepRecord['request'] {
  return { method, path, body: body === undefined ? undefined : keptText(body) };
}

/** What is kept of an answer. */
export function answerRecord({ status, headers, text, truncated }: HttpAnswer): AnswerRecord {
  return { status, contentType: headers['content-type'], body: keptText(text, truncated) };
}
