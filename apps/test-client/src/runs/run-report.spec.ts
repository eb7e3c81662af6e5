import { describe, expect, it } from '@jest/globals';
import { answerRecord, keptText, requestRecord, type RunRecord, type StepRecord } from './run-record.js';
import { reportText } from './run-report.js';

function step(name: string, status: number, error?: string): StepRecord {
  return {
    name,
    startedAt: 0,
    durationMs: 1.25,
    request: requestRecord({ method: 'GET', path: '/keys/a' }),
    answer: { status, contentType: undefined, body: keptText('') },
    error,
  };
}

const PASSED: RunRecord = {
  id: '1',
  workflow: 'deletion',
  testName: 'test_deletion',
  startedAt: 0,
  durationMs: 12.4,
  failure: undefined,
  steps: [step('store', 201)],
  cleanUp: [],
};

describe('the report on a terminal', () => {
  it('is a table of runs and steps', () => {
    expect(reportText([PASSED])).toBe(
      [
        '  workflow  result  step   time    status',
        '  deletion  passed         12 ms',
        '            ok      store  1.3 ms  201',
        '',
        '1 of 1 workflows passed',
        '',
      ].join('\n'),
    );
  });

  it('tells each failure on one line, without control characters', () => {
    const error = `<h1>\n\u001B[31mred</h1>${'x'.repeat(400)}`;
    const failed = { ...PASSED, failure: { step: 'store', error }, steps: [step('store', 500, error)] };
    const report = reportText([PASSED, failed]);
    expect(report).toContain(
      `\n\ndeletion, store: <h1> [31mred</h1>${'x'.repeat(300 - 17)}…\n\n1 of 2 workflows passed\n`,
    );
    expect(report).toMatch(/FAILED {2}store/);
  });
});

describe('what is kept of a body', () => {
  it('is at most 2,000 characters', () => {
    expect(keptText('x'.repeat(2000))).toEqual({ text: 'x'.repeat(2000), cut: false });
    expect(keptText('x'.repeat(2001))).toEqual({ text: 'x'.repeat(2000), cut: true });
    expect(answerRecord({ status: 200, headers: {}, body: Buffer.alloc(0), text: 'a', truncated: true }).body.cut).toBe(
      true,
    );
  });
});
