/**
 * Lets every batch of an evaluation count as progress: one over a large list may take longer than a trainer may be without
 * any (`progressDeadlineSeconds`). In come batches and who is to hear of them, out come the same batches.
 */
import type { ProgressReporter } from '../progress/progress-reporter.ts';

export async function* countAsProgress<Batch>(
  batches: AsyncIterable<Batch>,
  reporter: Pick<ProgressReporter, 'moved'>,
): AsyncGenerator<Batch> {
  for await (const batch of batches) {
    reporter.moved();
    yield batch;
  }
}
