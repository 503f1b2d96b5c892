/**
 * One look at one job: observe, decide, apply. In comes a name, out comes when to look again; what happened to the job
 * does not matter, only how it stands. The operator's main flow: start reading here. Called by runtime/controller.ts.
 */
import { JobConflictError } from '../../multigrid/object/object-errors.ts';
import type { Platform } from '../platform/platform.ts';
import type { Reconcile } from '../runtime/controller.ts';
import { apply } from './apply.ts';
import { decide } from './decide.ts';
import { observe } from './observe.ts';

export interface ReconcilerOptions {
  readonly platform: Platform;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Whoever writes all the time must not keep the operator busy all the time. */
const CONFLICT_PAUSE_MS = 20;

export function createReconciler({ platform, now }: ReconcilerOptions): Reconcile {
  return async (name) => {
    const job = await platform.getJob(name);
    if (job === null) {
      return { requeueAfterMs: null };
    }
    const observation = await observe(job, platform, now);
    const decision = decide(observation);
    try {
      await apply(observation, decision, platform);
    } catch (error) {
      if (error instanceof JobConflictError) {
        // Somebody wrote while we thought, most often the trainer its progress: think again on the newest version.
        return { requeueAfterMs: CONFLICT_PAUSE_MS };
      }
      throw error;
    }
    return { requeueAfterMs: decision.requeueAfterMs };
  };
}
