import type { BeforeApplicationShutdown } from '@nestjs/common';
import type { TraceContext } from '@kvasir/tracing';
import type { Logger } from 'pino';
import type { Workflow } from '../workflows/workflow.js';
import { RunHistory } from './run-history.js';
import { keptText, type RunRecord } from './run-record.js';
import type { WorkflowRunner } from './workflow-runner.js';

/** Runs workflows for the API, and remembers what became of them. */
export class RunService implements BeforeApplicationShutdown {
  private readonly history = new RunHistory();
  private readonly stopping = new AbortController();

  constructor(
    private readonly runner: WorkflowRunner,
    private readonly logger: Logger,
  ) {}

  /**
   * Runs a workflow to its end.
   *
   * @param trace what its requests are a part of
   */
  async run(workflow: Workflow, trace?: TraceContext): Promise<RunRecord> {
    const run = await this.runner.run(workflow, this.stopping.signal, trace);
    this.history.add(run);
    const { id, failure, durationMs } = run;
    const fields = { run: id, workflow: workflow.name, ms: Math.round(durationMs) };
    if (failure === undefined) this.logger.info(fields, 'a workflow has passed');
    else
      this.logger.warn({ ...fields, step: failure.step, error: keptText(failure.error).text }, 'a workflow has failed');
    for (const { request, error } of run.cleanUp) {
      if (error !== undefined)
        this.logger.warn({ ...fields, path: request.path, error: keptText(error).text }, 'a run may have left a key');
    }
    return run;
  }

  /** The run with this id, if it is among those that are kept. */
  get(id: string): RunRecord | undefined {
    return this.history.get(id);
  }

  /** The runs that are kept, the newest first. */
  list(): RunRecord[] {
    return this.history.list();
  }

  /** Ends the runs that are under way: they fail, clean up and are answered while the HTTP server drains. */
  beforeApplicationShutdown(): void {
    this.stopping.abort(new Error('test-client is stopping'));
  }
}
