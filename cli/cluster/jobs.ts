/**
 * The training jobs of a cluster: one, several, or all of them again and again as they change. In comes an API client,
 * out come job objects, the same as `job.yaml` of a run on this machine holds. Used by status and logs.
 */
import { ApiError, ApiUnreachableError, isStatus } from '../../kube/api-errors.ts';
import { follow, type FollowEffects } from '../../kube/follow.ts';
import { ResourceSource } from '../../kube/resource-source.ts';
import { closestName } from '../../multigrid/api/closest-name.ts';
import { API_VERSION, PLURAL } from '../../multigrid/contract/names.ts';
import { CLI } from '../../multigrid/contract/timings.ts';
import { isStoredJob } from '../../multigrid/object/job-text.ts';
import type { StoredJob } from '../../multigrid/object/job-object.ts';
import { sleep } from '../../timing/timers.ts';
import { CrdMissingError, JobNotFoundError, UnsoundAnswerError } from './cluster-errors.ts';
import type { Cluster } from './connect.ts';

/** Null: all namespaces. */
export type NamespaceChoice = string | null;

const NOT_FOUND = 404;
const API = `/apis/${API_VERSION}`;
const EFFECTS: FollowEffects = { sleep, monotonicNow: () => performance.now(), random: Math.random };
const NEVER = new AbortController().signal;

/** @throws JobNotFoundError, CrdMissingError, or what the client throws */
export async function getJob(cluster: Cluster, namespace: string, name: string): Promise<StoredJob> {
  const path = `${API}/namespaces/${encodeURIComponent(namespace)}/${PLURAL}/${encodeURIComponent(name)}`;
  try {
    return sound(await cluster.client.request({ method: 'GET', path }));
  } catch (error) {
    if (!isStatus(error, NOT_FOUND)) {
      throw error;
    }
    const names = (await listJobs(cluster, namespace)).map(({ metadata }) => metadata.name);
    throw new JobNotFoundError(namespace, name, closestName(name, names));
  }
}

/** @throws CrdMissingError, or what the client throws */
export async function listJobs(cluster: Cluster, namespace: NamespaceChoice): Promise<readonly StoredJob[]> {
  try {
    return (await sourceOf(cluster, namespace).list(NEVER)).items;
  } catch (error) {
    throw missingCrd(cluster, error);
  }
}

export interface WatchedJobs {
  readonly namespace: NamespaceChoice;
  /** Only the job of this name. */
  readonly name?: string;
  /** Called with all jobs, at first and after every change. */
  readonly onJobs: (jobs: readonly StoredJob[]) => void;
  /** Called when the API server cannot be reached for a while; the watch goes on by itself. */
  readonly onOutage: (error: ApiError | ApiUnreachableError) => void;
}

/**
 * Shows the jobs until the signal aborts.
 *
 * @throws CrdMissingError, or an ApiError that will not pass; an API server that is away at the beginning is
 *   ApiUnreachableError, later it is an outage.
 */
export async function watchJobs(
  cluster: Cluster,
  { namespace, name, onJobs, onOutage }: WatchedJobs,
  signal: AbortSignal,
  effects: FollowEffects = EFFECTS,
): Promise<void> {
  let jobs = new Map<string, StoredJob>();
  let hasBegun = false;
  await follow(
    {
      ...effects,
      source: sourceOf(cluster, namespace, name),
      onList: ({ items }) => {
        hasBegun = true;
        jobs = new Map(items.map((job) => [keyOf(job), job]));
        onJobs([...jobs.values()]);
      },
      onEvent: (event) => {
        if (event.type === 'bookmark') {
          return;
        }
        if (event.type === 'deleted') {
          jobs.delete(keyOf(event.object));
        } else {
          jobs.set(keyOf(event.object), event.object);
        }
        onJobs([...jobs.values()]);
      },
      onError: (error) => {
        if (!hasBegun || !mayPass(error)) {
          throw missingCrd(cluster, error);
        }
        onOutage(error);
      },
    },
    signal,
  );
}

function sourceOf({ client }: Cluster, namespace: NamespaceChoice, name?: string): ResourceSource<StoredJob> {
  return new ResourceSource({
    client,
    query: {
      api: API,
      resource: PLURAL,
      namespace: namespace === null ? null : encodeURIComponent(namespace),
      ...(name === undefined ? {} : { fieldSelector: `metadata.name=${name}` }),
    },
    keep: sound,
    // Short: a person looks on, and a dead connection is noticed a little later than the server would have ended it.
    watchSeconds: CLI.watchMs / 1000,
    random: Math.random,
  });
}

function mayPass(error: unknown): error is ApiError | ApiUnreachableError {
  return error instanceof ApiUnreachableError || (error instanceof ApiError && error.isTransient);
}

function missingCrd({ server }: Cluster, error: unknown): unknown {
  return isStatus(error, NOT_FOUND) ? new CrdMissingError(server) : error;
}

function keyOf({ metadata }: StoredJob): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

function sound(value: unknown): StoredJob {
  if (!isStoredJob(value)) {
    throw new UnsoundAnswerError(API, 'holds no sound MultigridTrainingJob: is the CRD of another version?');
  }
  return value;
}
