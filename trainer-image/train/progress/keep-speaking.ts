/**
 * Says again and again that the trainer is still there, also where a step, an evaluation or a start takes minutes:
 * silence means that something is wrong. In comes the reporter, out go its repetitions until the signal aborts. The
 * operator's rule about silence is in operator/controller/observation.ts.
 */
import { LIFE } from '../../../multigrid/contract/timings.ts';
import type { ProgressReporter } from './progress-reporter.ts';

/**
 * @param sleep - resolves after `ms`, rejects when the signal aborts
 * @throws what a report throws that is not about delivery
 */
export async function keepSpeaking(
  reporter: Pick<ProgressReporter, 'repeat'>,
  sleep: (ms: number, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    try {
      await sleep(LIFE.speakMs, signal);
    } catch {
      return; // the trainer has come to its end
    }
    await reporter.repeat();
  }
}
