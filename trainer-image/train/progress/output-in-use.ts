/**
 * What a trainer says while another job uses its output folder. In come the link and who holds the folder, out goes
 * progress with the trouble in it, again and again, until the signal aborts. Nothing is wrong with the job meanwhile: the
 * operator shows the reason and counts no failure.
 */
import type { KnownHolder } from '../../../job-store/lock-holder.ts';
import type { JobLink } from '../../link/job-link.ts';
import { keepSpeaking } from './keep-speaking.ts';
import { ProgressReporter } from './progress-reporter.ts';

export const OUTPUT_IN_USE = 'OutputInUse';

export interface SpeakingEffects {
  readonly wallClock: () => Date;
  /** Resolves after `ms`; rejects when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

export async function sayOutputInUse(
  link: Pick<JobLink, 'job' | 'report'>,
  { description }: KnownHolder,
  { wallClock, sleep }: SpeakingEffects,
  signal: AbortSignal,
): Promise<void> {
  const reporter = new ProgressReporter(link, wallClock);
  const job = await link.job(signal);
  reporter.remember(job.status?.progress);
  reporter.troubled({
    reason: OUTPUT_IN_USE,
    message:
      `the output folder is in use by ${description}; this job waits until that one has ended. Two jobs cannot share a ` +
      'folder: give this one another spec.volumes.outputSubPath, another volume or another name',
  });
  await reporter.say('Preparing');
  await keepSpeaking(reporter, sleep, signal);
}
