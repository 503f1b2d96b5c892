/**
 * When each trainer was last heard. In come changes of leases and of jobs: a renewal is a word, and so is a report, which
 * is all that a trainer can say whose lease is gone. Out comes a call when one falls silent or speaks again. Jobs that
 * have ended have nobody to listen to.
 */
import type { Change } from '../../../../kube/informer.ts';
import { LIFE } from '../../../../multigrid/contract/timings.ts';
import { SilenceWatch } from '../../../runtime/silence-watch.ts';
import type { KeptJob } from './kept-job.ts';
import type { KeptLease } from './kept-lease.ts';

export class TrainerWords {
  readonly watch: SilenceWatch;
  readonly #jobs: { readonly get: (key: string) => KeptJob | null };

  /**
   * @param jobs - the jobs there are
   * @param onTurn - told of the key of a job
   */
  constructor(jobs: { readonly get: (key: string) => KeptJob | null }, onTurn: (key: string) => void) {
    this.#jobs = jobs;
    this.watch = new SilenceWatch({ silenceMs: LIFE.silenceMs, graceMs: LIFE.heardMs, onTurn });
  }

  takeLease({ before, after }: Change<KeptLease>): void {
    if (after !== null && after.renewTime !== null && after.renewTime !== before?.renewTime) {
      this.#hear(this.#jobs.get(after.key));
    }
  }

  takeJob({ before, after }: Change<KeptJob>): void {
    if (after === null || hasEnded(after)) {
      this.watch.forget((after ?? before)?.key ?? '');
    } else if (after.reportedMs !== null && after.reportedMs !== before?.reportedMs) {
      this.#hear(after);
    }
  }

  #hear(job: KeptJob | null): void {
    if (job !== null && !hasEnded(job)) {
      this.watch.heard(job.key);
    }
  }
}

function hasEnded({ state }: KeptJob): boolean {
  return state === 'Complete' || state === 'Failed';
}
