/**
 * The log of a job's trainer, from its pods. In come a job's name and a rank, out comes text as the container wrote it,
 * or the reason why there is none yet. Used by `multigrid logs`.
 */
import type { ApiClient } from '../../kube/api-client.ts';
import { ApiUnreachableError, isStatus } from '../../kube/api-errors.ts';
import { JOB_NAME_LABEL } from '../../multigrid/contract/names.ts';
import { CLI } from '../../multigrid/contract/timings.ts';
import { RANK_LABEL, TRAINER_CONTAINER } from '../../multigrid/contract/trainer-pod.ts';
import { sleep } from '../../timing/timers.ts';
import { NoLogError } from './cluster-errors.ts';
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

const NOT_FOUND = 404;

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
  quietMs: number = CLI.quietLogMs,
): Promise<void> {
  const found = await findLog(api, request, onWait, signal);
  if (found === null) {
    return;
  }
  const { pod, isEarlierContainer } = found;
  const podPath = `${podsPath(request)}/${pod.name}`;
  const query = {
    container: TRAINER_CONTAINER,
    ...(request.follow ? { follow: 'true' } : {}),
    ...(isEarlierContainer ? { previous: 'true' } : {}),
    ...(request.tail === undefined ? {} : { tailLines: String(request.tail) }),
  };
  const decoder = new TextDecoder();
  try {
    const log = api.stream(`${podPath}/log`, query, signal);
    for await (const chunk of notSilent(log, { probe: () => probe(api, podPath), quietMs })) {
      write(decoder.decode(chunk, { stream: true }));
    }
  } catch (error) {
    if (!signal.aborted) {
      throw error;
    }
  }
}

/**
 * A log may be silent for as long as a step takes, and so is a connection that died without a word: after some silence
 * another request has to show that the server is there and the container still runs.
 *
 * @throws ApiUnreachableError
 */
async function probe(api: ApiClient, podPath: string): Promise<void> {
  const pod = await api.request({ method: 'GET', path: podPath }).catch((error: unknown) => {
    if (isStatus(error, NOT_FOUND)) {
      return null;
    }
    throw error;
  });
  if (pod === null || valueAt(statusOf(pod), 'state', 'running') === undefined) {
    throw new ApiUnreachableError(`GET ${podPath}/log`, new Error('the log broke off'), api.server);
  }
}

/** The pieces of a stream; after every silence of `quietMs` it goes on only if `probe` resolves. */
async function* notSilent<T>(
  stream: AsyncIterable<T>,
  { probe, quietMs }: { readonly probe: () => Promise<void>; readonly quietMs: number },
): AsyncIterable<T> {
  const iterator = stream[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = iterator.next();
      for (let isQuiet = true; isQuiet;) {
        isQuiet = await isSilent(next, quietMs);
        if (isQuiet) {
          await probe();
        }
      }
      const piece = await next;
      if (piece.done === true) {
        return;
      }
      yield piece.value;
    }
  } finally {
    void iterator.return?.();
  }
}

async function isSilent(next: Promise<unknown>, quietMs: number): Promise<boolean> {
  const over = new AbortController();
  const settled = next.then(
    () => false,
    () => false,
  );
  const quiet = sleep(quietMs, over.signal).then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([settled, quiet]);
  } finally {
    over.abort();
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
    await sleep(CLI.podLookMs, signal).catch(() => undefined);
    if (signal.aborted) {
      return null;
    }
  }
}

async function podsOf(api: ApiClient, { namespace, job }: LogRequest): Promise<readonly TrainerPod[]> {
  const list = await api.request({
    method: 'GET',
    path: podsPath({ namespace }),
    query: { labelSelector: `${JOB_NAME_LABEL}=${job}` },
  });
  return listAt(list, 'items')
    .map(readPod)
    .toSorted((one, other) => other.createdMs - one.createdMs);
}

function podsPath({ namespace }: Pick<LogRequest, 'namespace'>): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`;
}

function statusOf(pod: unknown): unknown {
  return listAt(pod, 'status', 'containerStatuses').find((one) => textAt(one, 'name') === TRAINER_CONTAINER);
}

function readPod(pod: unknown): TrainerPod {
  const status = statusOf(pod);
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
    throw new NoLogError(`pod ${newest.name} is the first of its rank; there is no previous log`);
  }
  return { pod: before, isEarlierContainer: false };
}
