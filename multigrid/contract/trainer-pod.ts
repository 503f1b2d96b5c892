/**
 * What the pod of a trainer looks like to everybody who deals with one: its container, ports, folders, user, and the label
 * that says which worker it is.
 */

export const TRAINER_CONTAINER = 'trainer';

/** Label and annotation of Indexed Jobs: the rank of the worker. */
export const RANK_LABEL = 'batch.kubernetes.io/job-completion-index';

export const METRICS_PORT = 9465;
/** Where the supervisor of a worker listens for that of the first one. */
export const SUPERVISOR_PORT = 9466;

/** Where the token lies by which the workers of a job know each other, and the key of its Secret. */
export const WORKERS_TOKEN_FOLDER = '/var/run/secrets/multigrid';
export const WORKERS_TOKEN_KEY = 'token';

/** Name of a worker's pod on the network: the job's headless Service knows it, whether or not the pod is ready. */
export function workerHost(jobName: string, worker: number): string {
  return `${jobName}-${worker}.${jobName}`;
}

/** Where a trainer says that it is there, on the port of its metrics. */
export const HEALTH_PATH = '/healthz';

/** Probes in a row without an answer, after which a kubelet says that the trainer is not ready. */
export const PROBE_TRIES = 3;

export const DATA_FOLDER = '/data';
export const OUTPUT_FOLDER = '/output';
export const SCRATCH_FOLDER = '/tmp';

/** User and group of the trainer; volumes are made writable for it by fsGroup. */
export const TRAINER_ID = 65532;
