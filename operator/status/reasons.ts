/**
 * Every reason the operator puts on a condition or an event. A reason is an interface: scripts and alerts match on it.
 * The trainer's own reasons (`TrainerFailure.reason`) are passed on as they are and not listed here.
 */
export const REASONS = {
  /** PlanReady: the plan is made and stored. */
  planComputed: 'PlanComputed',
  /** PlanReady: the workers are to count the clips that the plan is made for. */
  countingClips: 'CountingClips',
  /** PlanReady: the API server let through what the rules refuse; its CRD is older than the operator. */
  invalidSpec: 'InvalidSpec',
  /** PlanReady: the stored plan is gone, and this operator would make another one. */
  planLost: 'PlanLost',
  /** PlanReady: `spec.volumes` does not say where data is and results go. */
  volumesMissing: 'VolumesMissing',
  /** PlanReady: the manifest is legal but its plan must not be run. */
  invalidPlan: 'InvalidPlan',

  /** Running: workers are asked for. */
  starting: 'Starting',
  /** Running: workers run and report. */
  workersReady: 'WorkersReady',
  /** Running: no workers until the delay after a failure is over. */
  backingOff: 'BackingOff',
  /** Running: workers save and end. */
  stopping: 'Stopping',
  /** Running: the job has come to its end. */
  finished: 'Finished',

  /** PhaseTransition: the trainer is at the border and has not taken the new directive yet. */
  phaseBorder: 'PhaseBorder',
  /** PhaseTransition: the trainer follows the newest directive. */
  phaseRunning: 'PhaseRunning',
  /** Event: a directive for the next phase is written. */
  phaseAdvanced: 'PhaseAdvanced',
  /** Event: the trainer stands before the directive's phase and is led from there. */
  phaseRewound: 'PhaseRewound',

  /** Restarting, Failed: the trainer ended with an error. */
  trainerFailed: 'TrainerFailed',
  /** Restarting: somebody asked the trainer to end, and the cluster does not know who; counted without progress. */
  disrupted: 'Disrupted',
  /** Running, Stalled: the image of the trainer cannot be had. */
  imagePullFailed: 'ImagePullFailed',
  /** Running, Stalled: no node fits, in the scheduler's words. */
  unschedulable: 'Unschedulable',
  /** Running, Stalled: not all of several workers found a place in time, and those that did gave theirs up for a while. */
  workersReleased: 'WorkersReleased',
  /** Running, Stalled: a quota of the namespace is used up. */
  quotaExceeded: 'QuotaExceeded',
  /** Running, Stalled: a quota of the namespace wants limits or requests that the workers do not have. */
  quotaNeedsResources: 'QuotaNeedsResources',
  /** Running, Stalled: a volume claim does not exist or is bound to nothing. */
  claimMissing: 'ClaimMissing',
  /** Running, Stalled: a volume cannot be mounted. */
  volumeNotMounted: 'VolumeNotMounted',
  /** Running, Stalled: the cluster's rules refuse the workers. */
  admissionRefused: 'AdmissionRefused',
  /** Running, Stalled: objects of that name belong to somebody else. */
  nameTaken: 'NameTaken',
  /** Running, Stalled, Restarting: a container before the trainer fails. */
  initFailed: 'InitFailed',
  /** Running, Stalled, Restarting: the container cannot be made or started. */
  createContainerError: 'CreateContainerError',
  /** Running, Stalled: a container ends again and again. */
  crashLoop: 'CrashLoop',
  /** Running: another controller has not admitted the workers yet. */
  queued: 'Queued',
  /** Running: a pod has its node and is being set up. */
  containerCreating: 'ContainerCreating',

  /** Restarting: the trainer was killed at its memory limit. */
  outOfMemory: 'OutOfMemory',
  /** Restarting, Stalled: the node is gone or does not answer. */
  nodeLost: 'NodeLost',
  /** Restarting: the pod was evicted; counted where it had taken more than it may. */
  evicted: 'Evicted',
  /** Restarting: the pod had to make room for one of higher priority; not counted. */
  preempted: 'Preempted',
  /** Restarting: the pod was deleted; not counted. */
  podDeleted: 'PodDeleted',
  /** Restarting: the node would not take the pod that the scheduler sent; not counted. */
  nodeRefused: 'NodeRefused',

  /** Event: objects that the workers need were missing or changed, and are put back. */
  childrenMended: 'ChildrenMended',

  /** Restarting: running again. */
  restarted: 'Restarted',

  /** Running, Stalled: a trainer that runs has said nothing for 27 seconds. */
  trainerSilent: 'TrainerSilent',
  /** Stalled, Restarting: no progress for `progressDeadlineSeconds`. */
  progressDeadlineExceeded: 'ProgressDeadlineExceeded',
  /** Stalled: reports come. */
  progressing: 'Progressing',

  /** DataBound: steps wait for clips. */
  waitingForClips: 'WaitingForClips',
  /** DataBound: clips are there when a step wants them. */
  clipsReady: 'ClipsReady',

  /** ReplicasIgnored: training began with another number of workers than the spec asks for now. */
  workersFixedByPlan: 'WorkersFixedByPlan',
  /** ReplicasIgnored: the spec asks for the number that training began with. */
  replicasAsPlanned: 'ReplicasAsPlanned',

  /** Suspended: `spec.suspend` is set. */
  suspendRequested: 'SuspendRequested',
  /** Suspended: a person stopped the run on this machine. */
  interrupted: 'Interrupted',
  /** Suspended: no longer. */
  resumed: 'Resumed',

  /** Complete: trained to the end. */
  trainingFinished: 'TrainingFinished',
  /** Failed: more failures than `backoffLimit`. */
  backoffLimitExceeded: 'BackoffLimitExceeded',
  /** Failed: ended by the cluster again and again while it trained, without getting on. */
  disruptedTooOften: 'DisruptedTooOften',
  /** Failed: not running within `preRunningDeadlineSeconds`. */
  preRunningDeadlineExceeded: 'PreRunningDeadlineExceeded',
  /** Failed: ran longer than `activeDeadlineSeconds`. */
  deadlineExceeded: 'DeadlineExceeded',
} as const;
