/**
 * All that is known of the workers of a training job, as it comes from the caches.
 */
import type { KeptIndexedJob, KeptPod, KeptWarning } from '../cache/kept-workers.ts';

export interface WorkersView {
  /** Null: there is none, or it is another job's. */
  readonly job: KeptIndexedJob | null;
  /** All with the label of the training job, also those of Jobs before. */
  readonly pods: readonly KeptPod[];
  readonly warningsAbout: (uid: string) => readonly KeptWarning[];
  /** Of the Job as it would be made now; null: that is of no interest. */
  readonly specHash: (() => string) | null;
}
