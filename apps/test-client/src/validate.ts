#!/usr/bin/env node
import { readSettings } from '@kvasir/config';
import { VALIDATE_PROGRAM } from './config/settings.js';
import { reportText } from './runs/run-report.js';
import { WorkflowRunner, type RunnerOptions } from './runs/workflow-runner.js';
import { ALL_WORKFLOWS } from './workflows/all-workflows.js';

/** Runs every workflow, one after the other, prints what became of them, and returns the exit status. */
async function validate(target: RunnerOptions): Promise<number> {
  const runner = new WorkflowRunner(target);
  const runs = [];
  process.stdout.write(`Validating ${target.url}\n\n`);
  for (const workflow of ALL_WORKFLOWS) {
    // oxlint-disable-next-line no-await-in-loop -- one at a time, so that the times are the service's own
    runs.push(await runner.run(workflow));
  }
  process.stdout.write(reportText(runs));
  return runs.every(({ failure }) => failure === undefined) ? 0 : 1;
}

// oxlint-disable-next-line node/no-process-env -- an entry point: settings are read here, once
const result = readSettings(VALIDATE_PROGRAM, { env: process.env, argv: process.argv.slice(2) });
if (result.kind === 'settings') {
  process.exitCode = await validate(result.settings.target);
} else if (result.kind === 'invalid') {
  process.stderr.write(result.text);
  process.exitCode = 1;
} else {
  process.stdout.write(result.text);
}
