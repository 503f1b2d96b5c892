/**
 * A job in a cluster has its plan beside it: the status holds a summary, a ControllerRevision the rest. In come the status as
 * it is stored and that object, out comes the status with its plan, as all rules of the controller know it; and the way back.
 * An object that is gone, or is not the plan that was made, is no loss: the plan follows from the spec and the clips.
 */
import type { FilledSpec } from '../../../multigrid/api/filled-spec.ts';
import type { JobStatus } from '../../../multigrid/api/job.ts';
import { textAt, valueAt } from '../../../multigrid/json/fields.ts';
import { isFinished, type OperatorStatus } from '../../../multigrid/object/job-object.ts';
import { isPlanOfHash, summarizePlan } from '../../../multigrid/plan/plan-summary.ts';
import { planTraining } from '../../../multigrid/plan/plan.ts';
import type { Plan, PlanSummary } from '../../../multigrid/plan/types.ts';
import { asVersion1 } from '../../../multigrid/plan/version-1.ts';
import { ranksOf } from '../../../multigrid/sharing/ranks.ts';
import { sha256Hex } from '../../../storage/sha256.ts';
import type { TrainingJob } from '../platform.ts';
import type { KeptChild } from './cache/kept-child.ts';
import { knownClips } from './clip-count.ts';

/**
 * @param found - the object of the plan, as the cache has it
 * @returns null when the plan that the status speaks of cannot be had any more
 */
export function withPlan(job: TrainingJob, found: KeptChild | null): TrainingJob | null {
  const { status, spec } = job;
  if (status?.planSummary === undefined || status.plan !== undefined) {
    return job;
  }
  const plan = storedPlan(found, status.planSummary.hash) ?? planAgain(spec, status, status.planSummary);
  if (plan === null) {
    // Nobody asks for the plan of a job that is over.
    return isFinished(job) ? job : null;
  }
  return { ...job, status: { ...status, plan } };
}

/**
 * The status as it is to be stored.
 *
 * @param seen - the job that `status` was decided for
 * @param hasWorkers - whether there are pods, or may be
 */
export function withoutPlan(seen: TrainingJob, status: OperatorStatus, hasWorkers: boolean): OperatorStatus {
  const { plan, ...rest } = status;
  const isWhole = seen.status?.plan !== undefined && seen.status.planSummary === undefined;
  // Stored by an operator before this one: its trainers read the plan where it is.
  if (plan === undefined || (isWhole && hasWorkers)) {
    return status;
  }
  return { ...rest, planSummary: rest.planSummary ?? summarizePlan(plan, knownClips(seen)) };
}

/** What has been read, for as long as the cache has the object: a job is looked at again and again. */
const plans = new WeakMap<KeptChild, Plan | null>();

function storedPlan(found: KeptChild | null, hash: string): Plan | null {
  if (found === null) {
    return null;
  }
  let plan = plans.get(found);
  if (plan === undefined) {
    plan = readPlan(found);
    plans.set(found, plan);
  }
  return plan?.hash === hash ? plan : null;
}

/** @returns null for an object that holds no plan, or another than its hash says */
function readPlan({ text }: KeptChild): Plan | null {
  const object: unknown = JSON.parse(text.toString());
  const plan = valueAt(object, 'data');
  const hash = textAt(plan, 'hash');
  return hash !== null && isPlanOfHash(plan, hash, sha256Hex) ? plan : null;
}

function planAgain(
  spec: FilledSpec,
  { directive }: JobStatus,
  { clips, hash, version }: PlanSummary,
): Plan | null {
  if (clips === undefined) {
    return null;
  }
  // Whatever number of workers is asked for since, its problems are those of the number that the directive keeps.
  const replicas = directive?.workers ?? ranksOf(spec.workers);
  const workers = { ...spec.workers, replicas, processesPerWorker: 1 };
  const plan = planTraining({ ...spec, workers }, clips, sha256Hex);
  const asThen = version === 1 ? asVersion1(plan, spec, sha256Hex) : plan;
  return asThen.hash === hash ? asThen : null;
}
