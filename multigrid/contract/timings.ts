/**
 * How often and how long: every time by which the three programs act on each other, or which somebody who watches a run
 * could ask about. docs/timings.md is made from this file (`npm run generate`), a row for each constant with the text
 * above it. Times that a manifest or a flag can set are not here, nor are pauses inside of one small function.
 */

/** Locks of an output folder, and of `job.yaml` */
export const LOCKS = {
  /** The owner of an output folder shows that it lives */
  beatMs: 5000,
  /**
   * Silence after which the owner of an output folder counts as gone: twice the beat, and the half minute for which some
   * network disks (SMB as it is often mounted) tell of a file from memory
   */
  staleMs: 45_000,
  /**
   * A trainer waits for another one to leave the folder: enough to hear nothing of a dead one for long enough, and for a
   * living one to write its last checkpoint
   */
  trainerWaitMs: 150_000,
  /** `multigrid run` waits for another controller of the same folder */
  controllerWaitMs: 3000,
  /** `multigrid run --resume` waits for a trainer that outlived its controller */
  orphanWaitMs: 30_000,
  /** A write into `job.yaml` waits for others that write */
  objectWaitMs: 30_000,
  /** Silence after which a writer of `job.yaml` counts as gone: far above what a write takes on a slow network disk */
  objectStaleMs: 20_000,
  /** A report into `job.yaml` waits for others that write: one that froze must not hold up training, the next report carries it */
  reportWaitMs: 2000,
  /** The longest that a change of `job.yaml` goes unseen */
  pollMs: 250,
} as const;

/** Signs of life of a trainer */
export const LIFE = {
  /** The trainer says that it is there, whatever it does: a third of the silence that counts as trouble (one machine) */
  speakMs: 8000,
  /** The same in a cluster, by its lease: with one renewal lost the next one still comes in time */
  renewMs: 10_000,
  /** Silence after which the operator calls the job stalled, so that it shows within half a minute */
  silenceMs: 25_000,
  /** A trainer that was heard so recently is well, whatever the cluster says of its node */
  heardMs: 15_000,
  /** Progress said so long after the end of a container is still its own: the end is told in whole seconds */
  lastWordsMs: 2000,
} as const;

/** Reports of progress, trainer to API server */
export const REPORTS = {
  /** From one report to the next when something moved that `kubectl get` shows, so that it is no older than half a minute */
  intervalMs: 25_000,
  /** The same while only the time left and the speed move: a report rewrites the whole job, which costs the cluster most */
  calmMs: 60_000,
  /** From a report that did not arrive to the next try */
  retryMs: 5000,
  /** A step of the protocol waits for its report to arrive; then training goes on without the answer */
  patienceMs: 2000,
  /** The last report is tried for so long: days of training are worth the wait */
  lastPatienceMs: 15 * 60_000,
  /** The same for a trainer that was asked to end */
  hurriedPatienceMs: 10_000,
  /** Between tries of the last report */
  lastRetryMs: 1000,
  /** A request that has no answer by then has failed */
  requestTimeoutMs: 10_000,
  /** A trainer that waits for a directive reads the job, in case the watch is dead */
  lookAgainMs: 2000,
} as const;

/** Begin and end of a trainer */
export const TRAINER = {
  /** After a phase the trainer waits so long for the next directive, then it goes on by the plan */
  directiveGraceMs: 10_000,
  /** From being asked to end until it is killed: time for a checkpoint in the middle of a long step */
  stopGraceMs: 120_000,
  /** Pause before the first restart after a failure; it doubles with each */
  firstRestartMs: 1000,
  /** The longest pause before a restart */
  longestRestartMs: 60_000,
} as const;

/** The operator's looks at a job */
export const CONTROLLER = {
  /** Workers that are well need this long to be heard by an operator, or through an API server, that was away */
  leastLeftMs: 60_000,
  /** Jobs that are waited for are looked at this often */
  longestPauseMs: 60_000,
  /** Events that are not written yet when the operator ends are tried for so long */
  lastEventsMs: 5000,
  /** While the cluster's news does not arrive */
  deafPauseMs: 1000,
  /** Data that could not be read is tried again (`multigrid run`) */
  dataRetryMs: 5000,
} as const;

/** The command line at an API server */
export const CLI = {
  /** A request that has no answer by then has failed */
  requestTimeoutMs: 10_000,
  /** The server ends a watch of `status -w` and a new one begins; a dead connection is noticed 10 s later */
  watchMs: 30_000,
  /** After such a silence of `logs -f` it is looked whether the server and the trainer are still there */
  quietLogMs: 30_000,
  /** `logs -f` looks for a pod that has started */
  podLookMs: 1000,
} as const;
