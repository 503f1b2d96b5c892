/**
 * The plan of a job in a cluster, which lies beside it. In come what is known of the job and how to read that object, out
 * comes the plan that the job's status speaks of, and no other: it may not be there yet, or somebody may have put something
 * else in its place, until the operator puts it back.
 */
import { isStatus } from '../../../kube/api-errors.ts';
import type { FollowEffects } from '../../../kube/follow.ts';
import { isPlanOfHash } from '../../../multigrid/plan/plan-summary.ts';
import type { Plan } from '../../../multigrid/plan/types.ts';
import { sha256Hex } from '../../../storage/sha256.ts';
import { delayAfter } from '../../../timing/backoff.ts';
import type { KnownJob } from '../known-job.ts';
import type { JobApi } from './job-api.ts';

/** The plan that the job speaks of is not where it should be. */
export class PlanMissingError extends Error {
  override readonly name = 'PlanMissingError';

  constructor(hash: string, options?: ErrorOptions) {
    super(
      `no ControllerRevision holds the job's plan ${hash.slice(0, 12)}; the operator puts it back`,
      options,
    );
  }
}

export interface ReadPlanOptions extends Pick<FollowEffects, 'sleep'> {
  readonly known: KnownJob;
  readonly api: Pick<JobApi, 'readPlan'>;
  /** Told of what failed; it is tried again. */
  readonly onError: (error: unknown) => void;
}

const NOT_FOUND = 404;
/** The operator writes it right after the status that speaks of it. */
const QUIET_TRIES = 3;
const BACKOFF = { firstMs: 250, longestMs: 10_000 };

/** @throws the signal's reason when it aborts first. */
export async function readPlan(
  { known, api, onError, sleep }: ReadPlanOptions,
  signal: AbortSignal,
): Promise<Plan> {
  for (let failures = 1; ; failures += 1) {
    const { status, hash } = await known.find(({ status = {} }) => {
      const made = status.plan ?? status.planSummary;
      return made === undefined ? null : { status, hash: made.hash };
    }, signal);
    if (status.plan !== undefined) {
      // By an operator that keeps it in the job.
      return status.plan;
    }
    try {
      const found = await api.readPlan(signal);
      if (isPlanOfHash(found, hash, sha256Hex)) {
        return found;
      }
      onError(new PlanMissingError(hash));
    } catch (error) {
      signal.throwIfAborted();
      if (!isStatus(error, NOT_FOUND)) {
        onError(error);
      } else if (failures > QUIET_TRIES) {
        onError(new PlanMissingError(hash, { cause: error }));
      }
    }
    await sleep(delayAfter(failures, BACKOFF), signal).catch(() => {
      // Aborted: whoever waits for the job next says so.
    });
  }
}
