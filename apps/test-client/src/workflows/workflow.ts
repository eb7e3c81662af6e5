import type { HttpAnswer, HttpRequest } from '@kvasir/client';

/**
 * What an answer must be. Returns nothing when it is that, otherwise the error of the run. It never throws, whatever the answer.
 */
export type Expectation = (answer: HttpAnswer) => string | undefined;

/** One request of a workflow, and what must come back. */
export interface Step {
  /** The step's name in reports. */
  readonly name: string;
  readonly request: HttpRequest;
  readonly expect: Expectation;
}

/** A workflow with the keys and values of one run. */
export interface Plan {
  /** In order; the first that fails ends the run. */
  readonly steps: readonly Step[];
  /** Every key that the steps write: deleted after a run that failed. */
  readonly keys: readonly string[];
  /** The keys that are still there after a run that passed: deleted then. */
  readonly leaves: readonly string[];
}

/** Where a run's own keys and values come from; no two calls, of any run, give the same. */
export interface Scratch {
  key(): string;
  /** JSON text, every kind of JSON value in it. */
  valueText(): string;
}

/** Something that the service promises, as requests and what they must be answered with. */
export interface Workflow {
  /** The last segment of its path, `/test/<name>`. */
  readonly name: string;
  /** What it shows, in one sentence. */
  readonly summary: string;
  plan(scratch: Scratch): Plan;
}

/** The workflow's name in reports. */
export function testName(workflow: Workflow): string {
  return `test_${workflow.name}`;
}
