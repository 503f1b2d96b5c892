/**
 * The names that other programs see of this project: group, version and kind, the controller's own name, the types of
 * conditions. One place, so that a dashboard or an alert can be checked against it. Used by operator, trainer and CLI.
 */
export const GROUP = 'training.multigrid.dev';
export const VERSION = 'v1alpha1';

export const API_VERSION = `${GROUP}/${VERSION}`;
export const KIND = 'MultigridTrainingJob';
/** The kind in paths of the API server, and in RBAC rules. */
export const PLURAL = 'multigridtrainingjobs';
export const CRD_NAME = `${PLURAL}.${GROUP}`;

/** `spec.managedBy` of jobs that this project's operator looks after; also the default. */
export const OPERATOR_NAME = `${GROUP}/operator`;

/**
 * Types of conditions, in the order in which they are shown.
 *
 * - `PlanReady`: the plan exists and may be run; false names the phase and the numbers at fault, and nothing is started.
 * - `Running`: all workers run and follow a directive.
 * - `PhaseTransition`: a phase is done and the next directive is not yet acknowledged.
 * - `Restarting`: workers are being started again after a failure.
 * - `Stalled`: no progress within `runPolicy.progressDeadlineSeconds`, or workers cannot start.
 * - `DataBound`: workers wait for clips for a large share of their time.
 * - `ReplicasIgnored`: `spec.workers.replicas` is not the number of workers that the plan was made for, and has no effect.
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
