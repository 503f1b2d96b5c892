/**
 * The names that other programs see of this project: group, version and kind, labels and annotations, who owns which
 * fields of an object, the types of conditions. One place, so that operator, trainer, command line, dashboards and alerts
 * mean the same.
 */
export const GROUP = 'training.multigrid.dev';
export const VERSION = 'v1alpha1';

export const API_VERSION = `${GROUP}/${VERSION}`;
export const KIND = 'MultigridTrainingJob';
/** The kind in paths of the API server, and in RBAC rules. */
export const PLURAL = 'multigridtrainingjobs';
export const CRD_NAME = `${PLURAL}.${GROUP}`;

/** Where a job's plan lies at the API server: the ControllerRevision of the job's name, in its `data`. */
export function planPath(namespace: string, name: string): string {
  const [space, revision] = [namespace, name].map(encodeURIComponent);
  return `/apis/apps/v1/namespaces/${space}/controllerrevisions/${revision}`;
}

/** `spec.managedBy` of jobs that this project's operator looks after; also the default. */
export const OPERATOR_NAME = `${GROUP}/operator`;

/** Label that says which job an object belongs to; pods, policies and watches select by it. */
export const JOB_NAME_LABEL = `${GROUP}/job-name`;
export const MANAGED_BY_LABEL = 'app.kubernetes.io/managed-by';
/** Value of `MANAGED_BY_LABEL` on everything that the operator makes. */
export const MANAGER = 'multigrid-operator';

/** Annotation of a Job: what its spec was made from, so that one made from an older spec can be told. */
export const SPEC_HASH = `${GROUP}/spec-hash`;

/** Annotation of a Job: when its controller was last reminded of it. */
export const REMINDED = `${GROUP}/reminded`;

/** Field managers: who wrote a field is kept by the API server under these names, and rules rest on them. */
export const FIELD_MANAGERS = {
  /** Of the operator, for the status of jobs, the trainer's progress left out. */
  status: 'mgt-status',
  /** Of the operator, for everything else that it writes. */
  children: 'mgt-controller',
  /** Of the trainer, for `status.progress`. */
  progress: 'mgt-progress',
} as const;

/**
 * Types of conditions, in the order in which they are shown.
 *
 * - `PlanReady`: the plan exists and may be run; false names the phase and the numbers at fault, and nothing is started.
 * - `Running`: all workers run and follow a directive.
 * - `PhaseTransition`: a phase is done and the next directive is not yet acknowledged.
 * - `Restarting`: workers are being started again after a failure.
 * - `Stalled`: no progress within `runPolicy.progressDeadlineSeconds`, or workers cannot start.
 * - `DataBound`: workers wait for clips for a large share of their time.
 * - `ReplicasIgnored`: `spec.workers.replicas` is not the number of workers that training began with, and has no effect.
 * - `Suspended`: `spec.suspend` is true and the workers are gone.
 * - `Complete`, `Failed`: the end; nothing follows.
 */
export type ConditionType =
  | 'PlanReady'
  | 'Running'
  | 'PhaseTransition'
  | 'Restarting'
  | 'Stalled'
  | 'DataBound'
  | 'ReplicasIgnored'
  | 'Suspended'
  | 'Complete'
  | 'Failed';
