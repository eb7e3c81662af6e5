/**
 * Prints `N passed, N failed` alone on its line, after everything else that Jest has to say.
 *
 * A suite that could not run (a missing module, a wrong type of export) has no tests to count and counts as one failed
 * test. A run in which no test passed or failed is an error of its own.
 */
export default class JestSummaryReporter {
  #ran = 0;

  onRunComplete(_contexts, results) {
    const passed = results.numPassedTests;
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    this.#ran = passed + failed;
    const line = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
    // Jest always puts its own summary behind the reporters of the configuration, so this waits for the exit.
    process.once('exit', () => process.stdout.write(`\n${line}\n`));
  }

  /** What Jest asks every reporter at the end: an error here makes the exit status 1. */
  getLastError() {
    return this.#ran === 0 ? new Error('No test ran.') : undefined;
  }
}
