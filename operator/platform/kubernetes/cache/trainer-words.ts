/**
 * When each trainer was last heard. In come changes of leases, jobs and pods: a renewal is a word, and so is a report, which
 * is all that a trainer can say whose lease is gone. While a kubelet vouches for a trainer it may be silent for longer, and
 * renews its lease less often. Out comes a call when one falls silent or speaks again. Jobs that have ended have nobody to
 * listen to.
 */
import type { Change } from '../../../../kube/informer.ts';
import { LIFE } from '../../../../multigrid/contract/timings.ts';
import { SilenceWatch } from '../../../runtime/silence-watch.ts';
import type { KeptJob } from './kept-job.ts';
import type { KeptLease } from './kept-lease.ts';

export interface TrainerWordsOptions {
  /** The jobs there are. */
  readonly jobs: { readonly get: (key: string) => KeptJob | null };
  /** Whether a kubelet vouches for the trainer of the job of this key now. */
  readonly isVouchedFor: (key: string) => boolean;
  /** Told of the key of a job. */
  readonly onTurn: (key: string) => void;
}

export class TrainerWords {
  readonly watch: SilenceWatch;
  readonly #options: TrainerWordsOptions;

  constructor(options: TrainerWordsOptions) {
    const { silenceMs, spareMs, doubtMs } = LIFE;
    this.#options = options;
    this.watch = new SilenceWatch({ silenceMs, spareMs, doubtMs, onTurn: options.onTurn });
  }

  takeLease({ before, after }: Change<KeptLease>): void {
    if (after !== null && after.renewTime !== null && after.renewTime !== before?.renewTime) {
      this.#hear(this.#options.jobs.get(after.key));
    }
  }

  takeJob({ before, after }: Change<KeptJob>): void {
    if (after === null || hasEnded(after)) {
      this.watch.forget((after ?? before)?.key ?? '');
    } else if (after.reportedMs !== null && after.reportedMs !== before?.reportedMs) {
      this.#hear(after);
    }
  }

  /** A pod of the job of this key, or what is known of its node, has changed. */
  takePods(key: string): void {
    this.watch.allow(key, this.#allowedMs(key));
  }

  #hear(job: KeptJob | null): void {
    if (job !== null && !hasEnded(job)) {
      this.watch.heard(job.key, this.#allowedMs(job.key));
    }
  }

  #allowedMs(key: string): number {
    return this.#options.isVouchedFor(key) ? LIFE.vouchedSilenceMs : LIFE.silenceMs;
  }
}

function hasEnded({ state }: KeptJob): boolean {
  return state === 'Complete' || state === 'Failed';
}
