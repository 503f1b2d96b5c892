/**
 * One look at one job: observe, decide, apply. In comes a name, out comes when to look again; what happened to the job
 * does not matter, only how it stands. The operator's main flow: start reading here.
 */
import { CONTROLLER } from '../../multigrid/contract/timings.ts';
import { JobConflictError } from '../../multigrid/object/object-errors.ts';
import type { Platform } from '../platform/platform.ts';
import { OvertakenError, type Reconcile } from '../runtime/controller.ts';
import { apply } from './apply.ts';
import { DeadlineClock, longestPauseMs } from './deadline-clock.ts';
import { decide } from './decide.ts';
import { awaitedOf, type Observation } from './observation.ts';
import { observe } from './observe.ts';

export interface ReconcilerOptions {
  readonly platform: Platform;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds since any moment, by a clock that nobody sets. */
  readonly monotonicNow: () => number;
}

export function createReconciler({ platform, now, monotonicNow }: ReconcilerOptions): Reconcile {
  const deadlines = new DeadlineClock(monotonicNow);
  return async (name) => {
    const job = await platform.getJob(name);
    if (job === null) {
      deadlines.forget(name);
      return { requeueAfterMs: null };
    }
    const observation = await observe(name, job, platform, { now, deadlines });
    const decision = decide(observation);
    try {
      await apply(observation, decision, platform);
    } catch (error) {
      if (error instanceof JobConflictError) {
        // Somebody wrote while we thought, most often the trainer its progress: think again on the newest version.
        throw new OvertakenError(`${name} changed while it was being reconciled`, { cause: error });
      }
      throw error;
    }
    const requeueAfterMs = pauseOf(observation, decision.requeueAfterMs);
    // A deadline that stands still must not be looked at without a pause.
    return platform.isHearing() || requeueAfterMs === null
      ? { requeueAfterMs }
      : { requeueAfterMs: Math.max(requeueAfterMs, CONTROLLER.deafPauseMs) };
  };
}

/** A deadline that is on its way is looked at now and then, so that it can tell a sleep of this machine from silence. */
function pauseOf(observation: Observation, wantedMs: number | null): number | null {
  const awaited = awaitedOf(observation);
  return wantedMs === null || awaited === null ? wantedMs : Math.min(wantedMs, longestPauseMs(awaited));
}
