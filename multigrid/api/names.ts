/**
 * Every name that other programs see of this project: group and kind, condition types and reasons, labels, field
 * managers. One place, so that a dashboard or an alert can be checked against it. Used by operator, trainer and CLI.
 */
export const GROUP = 'training.multigrid.dev';
export const VERSION = 'v1alpha1';
export const API_VERSION = `${GROUP}/${VERSION}`;
export const KIND = 'MultigridTrainingJob';
export const PLURAL = 'multigridtrainingjobs';

/** `spec.managedBy` of jobs that this project's operator looks after; also the default. */
export const OPERATOR_NAME = `${GROUP}/operator`;

/** Field managers of server-side apply; each writes its own part of the status and nothing else. */
export const FIELD_MANAGER = {
  operator: 'multigrid-operator',
  trainer: 'multigrid-trainer',
} as const;

/** Condition types in the order in which they are shown. `Complete` and `Failed` are terminal. */
export const CONDITION = {
  /** The plan exists and may be run. False names the phase and the numbers at fault, and nothing is started. */
  planReady: 'PlanReady',
  /** All workers run and follow a directive. */
  running: 'Running',
  /** A phase is done and the next directive is not yet acknowledged. */
  phaseTransition: 'PhaseTransition',
  /** Workers are being started again after a failure. */
  restarting: 'Restarting',
  /** No progress within `runPolicy.progressDeadlineSeconds`, or workers cannot start. */
  stalled: 'Stalled',
  /** Workers wait for clips for a large share of their time. */
  dataBound: 'DataBound',
  /** `spec.suspend` is true and the workers are gone. */
  suspended: 'Suspended',
  complete: 'Complete',
  failed: 'Failed',
} as const;

export type ConditionType = (typeof CONDITION)[keyof typeof CONDITION];

/** Labels on everything that is made for a job. */
export const LABEL = {
  job: `${GROUP}/job`,
  component: 'app.kubernetes.io/component',
  partOf: 'app.kubernetes.io/part-of',
  managedBy: 'app.kubernetes.io/managed-by',
} as const;
