/**
 * The log of a job's trainer, from its pods. In come a job's name and a rank, out comes text as the container wrote it,
 * or the reason why there is none yet. Used by `multigrid logs`.
 */
import { JOB_NAME_LABEL } from '../../multigrid/contract/names.ts';
import { RANK_LABEL, TRAINER_CONTAINER } from '../../multigrid/contract/trainer-pod.ts';
import { sleep } from '../../timing/timers.ts';
import type { ApiClient } from './api-client.ts';
import { ApiUnreachableError, NoLogError } from './cluster-errors.ts';
import { valueAt, listAt, numberAt, textAt } from '../../multigrid/json/fields.ts';

export interface LogRequest {
  readonly namespace: string;
  readonly job: string;
  readonly rank: number;
  /** Of the pod before the newest one. */
  readonly previous: boolean;
  readonly follow: boolean;
  /** Lines from the end; undefined: all. */
  readonly tail: number | undefined;
}

interface TrainerPod {
  readonly name: string;
  readonly rank: number;
  readonly createdMs: number;
  readonly restarts: number;
  /** Why its container does not run yet; null when it has run. */
  readonly waiting: string | null;
}

/** Between looks for a pod that has started. */
const WAIT_MS = 1000;

export interface LogReader {
  /** Called with pieces of the log. */
  readonly write: (text: string) => void;
  /** Told, once each, why there is nothing to follow yet. */
  readonly onWait: (why: string) => void;
}

/**
 * With `follow` waits for a pod that has something to say.
 *
 * @throws NoLogError when no pod of this rank has written a log; what the API client throws
 */
export async function readTrainerLog(
  api: ApiClient,
  request: LogRequest,
  { write, onWait }: LogReader,
  signal: AbortSignal,
): Promise<void> {
  const found = await findLog(api, request, onWait, signal);
  if (found === null) {
    return;
  }
  const { pod, isEarlierContainer } = found;
  const path = `/api/v1/namespaces/${encodeURIComponent(request.namespace)}/pods/${pod.name}/log`;
  const stream = await api.stream(
    path,
    {
      container: TRAINER_CONTAINER,
      follow: request.follow ? true : undefined,
      previous: isEarlierContainer ? true : undefined,
      tailLines: request.tail,
    },
    signal,
  );
  try {
    for await (const chunk of stream) {
      write(chunk);
    }
  } catch (error) {
    if (!signal.aborted) {
      const reason = Error.isError(error) ? error.message : String(error);
      throw new ApiUnreachableError(api.server, `the log broke off: ${reason}`, { cause: error });
    }
  } finally {
    stream.destroy();
  }
}

interface FoundLog {
  readonly pod: TrainerPod;
  readonly isEarlierContainer: boolean;
}

/** Null: the person has waited long enough. */
async function findLog(
  api: ApiClient,
  request: LogRequest,
  onWait: (why: string) => void,
  signal: AbortSignal,
): Promise<FoundLog | null> {
  let told = '';
  for (;;) {
    try {
      return choosePod(await podsOf(api, request), request);
    } catch (error) {
      if (!(error instanceof NoLogError) || !request.follow) {
        throw error;
      }
      if (error.message !== told) {
        told = error.message;
        onWait(told);
      }
    }
    await sleep(WAIT_MS, signal).catch(() => undefined);
    if (signal.aborted) {
      return null;
    }
  }
}

async function podsOf(api: ApiClient, { namespace, job }: LogRequest): Promise<readonly TrainerPod[]> {
  const list = await api.get(`/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`, {
    labelSelector: `${JOB_NAME_LABEL}=${job}`,
  });
  return listAt(list, 'items')
    .map(readPod)
    .toSorted((one, other) => other.createdMs - one.createdMs);
}

function readPod(pod: unknown): TrainerPod {
  const status = listAt(pod, 'status', 'containerStatuses').find(
    (one) => textAt(one, 'name') === TRAINER_CONTAINER,
  );
  const hasRun =
    valueAt(status, 'state', 'running') !== undefined ||
    valueAt(status, 'state', 'terminated') !== undefined ||
    valueAt(status, 'lastState', 'terminated') !== undefined;
  return {
    name: textAt(pod, 'metadata', 'name') ?? '',
    rank: Number(textAt(pod, 'metadata', 'labels', RANK_LABEL) ?? '0'),
    createdMs: Date.parse(textAt(pod, 'metadata', 'creationTimestamp') ?? ''),
    restarts: numberAt(status, 'restartCount') ?? 0,
    waiting: hasRun ? null : whyWaiting(pod, status),
  };
}

function whyWaiting(pod: unknown, status: unknown): string {
  const condition = listAt(pod, 'status', 'conditions').find((one) => textAt(one, 'status') === 'False');
  return (
    [textAt(status, 'state', 'waiting', 'reason'), textAt(status, 'state', 'waiting', 'message')]
      .filter((part) => part !== null)
      .join(': ') ||
    (textAt(condition, 'message') ?? textAt(pod, 'status', 'phase') ?? 'nothing is known of it')
  );
}

/** With `previous`: an earlier run of the newest pod's container, or else the pod before it. */
function choosePod(pods: readonly TrainerPod[], { namespace, job, rank, previous }: LogRequest): FoundLog {
  const [newest, before] = pods.filter((pod) => pod.rank === rank);
  if (newest === undefined) {
    const others = [...new Set(pods.map((pod) => pod.rank))].toSorted((one, other) => one - other);
    throw new NoLogError(
      others.length > 0
        ? `job ${job} has no pod of rank ${rank}, only of ${others.join(', ')}`
        : `job ${job} has no pods in namespace ${namespace} now; \`multigrid status ${job}\` says why`,
    );
  }
  if (!previous) {
    if (newest.waiting !== null) {
      throw new NoLogError(`pod ${newest.name} has not started: ${newest.waiting}`);
    }
    return { pod: newest, isEarlierContainer: false };
  }
  if (newest.restarts > 0) {
    return { pod: newest, isEarlierContainer: true };
  }
  if (before === undefined) {
    throw new NoLogError(`pod ${newest.name} is the first one of its rank, there is no log before it`);
  }
  return { pod: before, isEarlierContainer: false };
}
