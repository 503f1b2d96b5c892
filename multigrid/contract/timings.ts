/**
 * How often and how long: every time by which the three programs act on each other, or which somebody who watches a run
 * could ask about. docs/timings.md is made from this file (`npm run generate`), a row for each constant with the text
 * above it. Times that a manifest or a flag can set are not here, nor are pauses inside of one small function.
 */

/** Locks of an output folder, and of `job.yaml` */
export const LOCKS = {
  /** Heartbeat of the owner of an output folder */
  beatMs: 5000,
  /**
   * Silence after which the owner of an output folder counts as gone: two heartbeats, plus the half minute for which some
   * network file systems (SMB as often mounted) serve a file's attributes from a cache
   */
  staleMs: 45_000,
  /**
   * A trainer waits for another one to leave the folder: long enough to be sure that a dead one is silent, and for a live
   * one to write its last checkpoint
   */
  trainerWaitMs: 150_000,
  /** `multigrid run` waits for another controller of the same folder */
  controllerWaitMs: 3000,
  /** `multigrid run --resume` waits for a trainer that outlived its controller */
  orphanWaitMs: 30_000,
  /** A write to `job.yaml` waits for other writers */
  objectWaitMs: 30_000,
  /** Silence after which a writer of `job.yaml` counts as gone: far longer than a write takes on a slow network disk */
  objectStaleMs: 20_000,
  /** A report to `job.yaml` waits for other writers: a frozen one must not delay training, and the next report has it all */
  reportWaitMs: 2000,
  /** Maximum delay until a change of `job.yaml` is noticed */
  pollMs: 250,
} as const;

/** Signs of life of a trainer */
export const LIFE = {
  /** The trainer's heartbeat, whatever it is doing: a third of the silence that counts as trouble (one machine) */
  speakMs: 8000,
  /** The same in a cluster, by its lease: this long after its last word, be it a report or a renewal */
  renewMs: 16_000,
  /** The same while its kubelet probes it, which costs the API server nothing: only for what no probe can see */
  renewProbedMs: 40_000,
  /** After a renewal that failed */
  renewAgainMs: 2000,
  /** After a renewal without an answer, beside which another one is sent: the second one is still in time */
  renewUnansweredMs: 6000,
  /** The kubelet asks the trainer whether it is there, and waits as long for an answer */
  probeMs: 6000,
  /** A trainer that was probed this recently goes by that: two periods of the kubelet, and a little for a busy machine */
  probedMs: 15_000,
  /** Silence after which the operator calls the job stalled, so that it shows within half a minute */
  silenceMs: 27_000,
  /** The same of a trainer that answers its kubelet */
  vouchedSilenceMs: 51_000,
  /** Of either silence, what is left when the second try of a healthy trainer has arrived */
  spareMs: 5000,
  /** A kubelet's word that the trainer does not answer counts after this long: one that starts anew says so for a moment */
  doubtMs: 3000,
  /** A node, which renews its lease every 10 s as a rule, vouches for nobody after this much silence: one renewal may be lost */
  nodeSilenceMs: 25_000,
  /** A healthy node is heard this often, late as that may be */
  nodeRenewMs: 13_000,
  /** Progress reported this long after the end of a container is still its own: ends have a resolution of one second */
  lastWordsMs: 2000,
} as const;

/** Reports of progress, trainer to API server */
export const REPORTS = {
  /**
   * Between reports when something that `kubectl get` shows has changed, so that it is at most half a minute old
   */
  intervalMs: 27_000,
  /**
   * The same while everything that it shows is still true, time left, speed and learning rate but for a few percent: a report
   * rewrites the whole job, which is what costs the cluster most. Just before a renewal of the lease is due, which it saves
   */
  calmMs: 159_000,
  /** From a failed report to the next attempt */
  retryMs: 5000,
  /** A step of the protocol waits for its report to arrive; then training continues without the response */
  patienceMs: 2000,
  /** The last report is retried for this long: days of training are worth the wait */
  lastPatienceMs: 15 * 60_000,
  /** The same for a trainer that is being stopped */
  hurriedPatienceMs: 10_000,
  /** Between attempts of the last report */
  lastRetryMs: 1000,
  /** Timeout of a request */
  requestTimeoutMs: 10_000,
  /** A trainer that waits for a directive polls the job, in case the watch is dead */
  lookAgainMs: 2000,
} as const;

/** Start and end of a trainer */
export const TRAINER = {
  /** After a phase the trainer waits this long for the next directive, then continues by the plan */
  directiveGraceMs: 10_000,
  /** From SIGTERM to SIGKILL: time for a checkpoint in the middle of a long step */
  stopGraceMs: 120_000,
  /** Pause before the first restart after a failure; it doubles with each */
  firstRestartMs: 1000,
  /** The longest pause before a restart */
  longestRestartMs: 60_000,
} as const;

/** Workers that train together */
export const COLLECTIVE = {
  /** A worker waits this long for the others to start */
  startLimitMs: 10 * 60_000,
  /**
   * In a collective a worker waits this long for another one that gives no sign of life; then it ends, and all of them with it. One
   * that is late gives six of them in this time
   */
  limitMs: 60_000,
} as const;

/** Supervisors of the workers of a job in a cluster */
export const SUPERVISOR = {
  /** The first worker's supervisor and another one tell each other that they are there */
  beatMs: 1000,
  /** Silence after which one of them counts as gone, and all ranks are ended */
  silenceMs: 5000,
  /** Time to connect, and to prove that both have the job's token */
  connectMs: 5000,
  /** From a worker that cannot be reached to the next attempt; it doubles with each */
  firstRetryMs: 100,
  /** The longest pause between two attempts */
  longestRetryMs: 2000,
  /** A worker with another token is tried for this long: a mounted Secret that has changed needs a minute to arrive */
  tokenPatienceMs: 100_000,
} as const;

/** Reconciling a job */
export const CONTROLLER = {
  /** Healthy workers need up to this long to be heard again after the operator or the API server was down */
  leastLeftMs: 60_000,
  /** Jobs that wait for something are reconciled this often */
  longestPauseMs: 60_000,
  /** Workers that could not all be scheduled are asked for again after this long, and up to twice as long: each job differs */
  gangPauseMs: 15_000,
  /** The same at most; it doubles each time */
  longestGangMs: 10 * 60_000,
  /** Unsent events are retried this long when the operator exits */
  lastEventsMs: 5000,
  /** Between reconciles while the watches are down */
  deafPauseMs: 1000,
  /** Unreadable data is retried (`multigrid run`) */
  dataRetryMs: 5000,
} as const;

/** The command line and the API server */
export const CLI = {
  /** Timeout of a request */
  requestTimeoutMs: 10_000,
  /** The server ends a watch of `status -w` and a new one starts; a dead connection is noticed 10 s later */
  watchMs: 30_000,
  /** After this much silence `logs -f` checks that the server and the trainer are still there */
  quietLogMs: 30_000,
  /** `logs -f` polls for a started pod */
  podLookMs: 1000,
} as const;
