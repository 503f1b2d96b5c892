/**
 * Several workers train together or not at all. When not all of them find a place in time, those that have one give it up, and all
 * are asked for again after a pause: two jobs of which each holds what the other one lacks would else wait for ever. The pauses of
 * two jobs differ, so that one of them finds room while the other waits.
 */
import { CONTROLLER } from '../../../multigrid/contract/timings.ts';
import { sha256Hex } from '../../../storage/sha256.ts';
import { delayAfter } from '../../../timing/backoff.ts';
import type { TrainingJob, Workers } from '../../platform/platform.ts';
import { REASONS } from '../../status/reasons.ts';
import { podsOf } from '../../status/world-size.ts';
import type { Policy } from '../decision.ts';
import { currentProgress, type Observation } from '../observation.ts';

const PAUSE = { firstMs: CONTROLLER.gangPauseMs, longestMs: CONTROLLER.longestGangMs };

/** Those that give their places up are left to it, and none are asked for before the pause is over. */
export const awaitGangPause: Policy = ({ workers, nowMs, job }, draft) => {
  const { gang } = draft.status;
  if (gang === undefined || gang.releases === 0) {
    return 'next';
  }
  if (isLeaving(workers)) {
    return 'settled';
  }
  const againMs = askAgainMs(job, gang);
  if (workers.state !== 'absent' || againMs <= nowMs) {
    return 'next';
  }
  draft.lookAgainAfter(againMs - nowMs);
  return 'settled';
};

/** In the place of the deadline for starting, which gives a job up. */
export const releaseGang: Policy = (observation, draft) => {
  const { job, nowMs, leftMs } = observation;
  const gang = draft.status.gang ?? NEVER_RELEASED;
  if (gang.releases > 0 && currentProgress(observation) !== null) {
    draft.set({ gang: { ...gang, releases: 0 } });
  }
  const shortage = shortageOf(observation);
  if (shortage === null || leftMs === null || leftMs > 0) {
    return 'next';
  }
  const released = { releases: gang.releases + 1, releasedAt: new Date(nowMs).toISOString() };
  draft.set({ gang: released });
  const again = new Date(askAgainMs(job, released)).toISOString();
  const message = `not all workers could be scheduled; they were released and will be retried at ${again}: ${shortage}`;
  draft.condition('Running', 'False', REASONS.workersReleased, message);
  draft.condition('Stalled', 'True', REASONS.workersReleased, message);
  draft.event('Warning', REASONS.workersReleased, message);
  draft.workers('checkpoint');
  return 'settled';
};

type Gang = NonNullable<NonNullable<TrainingJob['status']>['gang']>;

const NEVER_RELEASED: Gang = { releases: 0, releasedAt: new Date(0).toISOString() };

/** What keeps some of several workers from finding a place; null: nothing, or they are not several. */
function shortageOf({ workers, job }: Observation): string | null {
  const isShort = workers.state === 'starting' && workers.reason === REASONS.unschedulable;
  return isShort && podsOf(job) > 1 ? workers.message : null;
}

function isLeaving(workers: Workers): boolean {
  return workers.state === 'running'
    ? workers.isStopping
    : workers.state === 'starting' && workers.reason === REASONS.stopping;
}

/** Milliseconds since 1970. */
function askAgainMs({ metadata }: TrainingJob, { releases, releasedAt }: Gang): number {
  return Date.parse(releasedAt) + delayAfter(releases, PAUSE) * (1 + shareOf(`${metadata.uid} ${releases}`));
}

/** Of a text, from 0 to 1: another one for every job and every time, the same whoever asks. */
function shareOf(text: string): number {
  return Number.parseInt(sha256Hex(text).slice(0, 8), 16) / 2 ** 32;
}
