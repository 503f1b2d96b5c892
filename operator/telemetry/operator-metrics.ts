/**
 * Every metric that the operator counts as things happen, in one registry of its own. In comes who is asked for
 * (version, name of the queue), out come named recorders that runtime/ and the API client call; what can be read off the
 * jobs as they stand is in job-metrics.ts.
 */
import { collectDefaultMetrics, Registry } from 'prom-client';
import { type Series, seriesOf } from '../../telemetry/series.ts';

/** How one reconcile ended. */
export type ReconcileOutcome =
  /** The world is as it should be. */
  | 'success'
  /** It asked to be called again at a set time. */
  | 'requeue_after'
  /** Somebody else changed the job meanwhile; it comes again. */
  | 'conflict'
  /** It threw and comes again. */
  | 'error'
  /** It threw an error that would come again the same way; it waits for a change. */
  | 'terminal_error';

export interface BuildInfo {
  /** Version of the operator, as in package.json. */
  readonly version: string;
  /** Commit of the image; `unknown` when it was not built from one. */
  readonly revision: string;
  /** Version of Node, without the `v`. */
  readonly nodeVersion: string;
}

/** What the operator tells its metrics; seconds everywhere. */
export interface OperatorMetrics {
  readonly registry: Registry;
  reconciled(outcome: ReconcileOutcome, seconds: number): void;
  /** From the trainer standing at the border to its following the next directive. */
  phaseTransition(seconds: number): void;
  queueAdded(depth: number): void;
  queueRetried(): void;
  queueTaken(depth: number, waitedSeconds: number): void;
  leadership(isLeader: boolean): void;
  /** @param code - HTTP status, or `error` when no answer came. */
  request(method: string, code: number | 'error', seconds: number): void;
}

/** From a no-op on a warm cache to an API server that is slow. */
const SHORT_BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
/** A border takes milliseconds on a watch and up to the trainer's grace time when the operator is away. */
const BORDER_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];

const OUTCOMES: readonly ReconcileOutcome[] = [
  'success',
  'requeue_after',
  'conflict',
  'error',
  'terminal_error',
];
const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'WATCH']);

/**
 * @param queue - label `name` of the workqueue metrics
 * @param lease - label `name` of the leader metric
 */
export function createOperatorMetrics(
  build: BuildInfo,
  { queue, lease }: { readonly queue: string; readonly lease: string },
): OperatorMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const series = seriesOf(registry);
  describeBuild(series, build);
  return {
    registry,
    ...reconcileRecorders(series),
    ...queueRecorders(series, queue),
    leadership: leaderRecorder(series, lease),
    request: requestRecorder(series),
  };
}

function describeBuild({ gauge }: Series, { version, revision, nodeVersion }: BuildInfo): void {
  const help = 'Always 1; the labels say which operator this is.';
  const info = gauge('multigrid_build_info', help, 'version', 'revision', 'node_version');
  info.set({ version, revision, node_version: nodeVersion }, 1);
}

function reconcileRecorders({
  counter,
  histogram,
}: Series): Pick<OperatorMetrics, 'reconciled' | 'phaseTransition'> {
  const total = counter('multigrid_reconcile_total', 'Reconciles of a job, by result.', 'result');
  const errors = counter('multigrid_reconcile_errors_total', 'Reconciles of a job that failed.');
  const duration = histogram(
    'multigrid_reconcile_seconds',
    'Duration of one reconcile, including its calls to the API server.',
    SHORT_BUCKETS,
  );
  const border = histogram(
    'multigrid_phase_transition_seconds',
    'Time from a trainer reaching the end of a phase until it follows the next directive.',
    BORDER_BUCKETS,
  );
  for (const result of OUTCOMES) {
    total.inc({ result }, 0);
  }
  return {
    reconciled: (result, seconds) => {
      total.inc({ result });
      duration.observe(seconds);
      if (result === 'error' || result === 'terminal_error') {
        errors.inc();
      }
    },
    phaseTransition: (seconds) => {
      border.observe(seconds);
    },
  };
}

function queueRecorders(
  { counter, gauge, histogram }: Series,
  name: string,
): Pick<OperatorMetrics, 'queueAdded' | 'queueRetried' | 'queueTaken'> {
  const depth = gauge('workqueue_depth', 'Keys waiting to be reconciled.', 'name');
  const adds = counter('workqueue_adds_total', 'Keys added to the queue.', 'name');
  const retries = counter('workqueue_retries_total', 'Keys retried after an error.', 'name');
  const waited = histogram(
    'workqueue_queue_duration_seconds',
    'Time a key waited in the queue.',
    SHORT_BUCKETS,
    'name',
  );
  depth.set({ name }, 0);
  adds.inc({ name }, 0);
  retries.inc({ name }, 0);
  return {
    queueAdded: (now) => {
      adds.inc({ name });
      depth.set({ name }, now);
    },
    queueRetried: () => {
      retries.inc({ name });
    },
    queueTaken: (now, waitedSeconds) => {
      depth.set({ name }, now);
      waited.observe({ name }, waitedSeconds);
    },
  };
}

function leaderRecorder({ gauge }: Series, name: string): OperatorMetrics['leadership'] {
  const help = '1 while this replica holds the lease and leads, else 0.';
  const master = gauge('leader_election_master_status', help, 'name');
  master.set({ name }, 0);
  return (isLeader) => {
    master.set({ name }, isLeader ? 1 : 0);
  };
}

function requestRecorder({ counter, histogram }: Series): OperatorMetrics['request'] {
  const total = counter(
    'rest_client_requests_total',
    'Calls to the API server, by HTTP status; code `error` where no answer came.',
    'code',
    'method',
  );
  const duration = histogram(
    'rest_client_request_duration_seconds',
    'Time until the API server answered.',
    SHORT_BUCKETS,
    'method',
  );
  return (called, code, seconds) => {
    const method = METHODS.has(called) ? called : 'other';
    total.inc({ code: String(code), method });
    duration.observe({ method }, seconds);
  };
}
