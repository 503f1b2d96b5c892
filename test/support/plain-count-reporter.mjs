// Ends a jest run with one plain line, `N passed, N failed` (and `, N skipped`), which CI systems read.
export default class PlainCountReporter {
  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    const tail = skipped > 0 ? `, ${skipped} skipped` : '';
    console.log(`\n${results.numPassedTests} passed, ${failed} failed${tail}`);
  }
}
