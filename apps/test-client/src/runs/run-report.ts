import type { RunRecord, StepRecord } from './run-record.js';

/** The longest error in a table. */
const MAX_ERROR = 300;

/** What a line on a terminal must not carry as it is: an answer's body may hold anything. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]+/gu;

function milliseconds(ms: number): string {
  return `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
}

function onOneLine(text: string): string {
  const line = text.replaceAll(UNPRINTABLE, ' ').trim();
  return line.length <= MAX_ERROR ? line : `${line.slice(0, MAX_ERROR).toWellFormed()}…`;
}

function stepRow({ name, durationMs, answer, error }: StepRecord): string[] {
  return ['', error === undefined ? 'ok' : 'FAILED', name, milliseconds(durationMs), String(answer?.status ?? '')];
}

/** A table of runs and their steps for people, with the failures below it. Ends with a line end. */
export function reportText(runs: readonly RunRecord[]): string {
  const rows = [
    ['workflow', 'result', 'step', 'time', 'status'],
    ...runs.flatMap((run) => [
      [run.workflow, run.failure === undefined ? 'passed' : 'FAILED', '', milliseconds(run.durationMs), ''],
      ...[...run.steps, ...run.cleanUp].map(stepRow),
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) => `  ${row.map((text, column) => text.padEnd(widths[column]!)).join('  ')}`.trimEnd());
  const failed = runs.flatMap(({ workflow, failure }) => (failure === undefined ? [] : [{ workflow, ...failure }]));
  const problems = failed.map(({ workflow, step, error }) => `${workflow}, ${step}: ${onOneLine(error)}`);
  const verdict = `${runs.length - failed.length} of ${runs.length} workflows passed`;
  return [...lines, '', ...problems, ...(problems.length > 0 ? [''] : []), verdict, ''].join('\n');
}
