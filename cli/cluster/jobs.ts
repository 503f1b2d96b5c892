/**
 * The training jobs of a cluster: one, several, or all of them again and again as they change. In comes an API client,
 * out come job objects, the same as `job.yaml` of a run on this machine holds. Used by status and logs.
 */
import { closestName } from '../../multigrid/api/closest-name.ts';
import { API_VERSION, PLURAL } from '../../multigrid/contract/names.ts';
import { isStoredJob } from '../../multigrid/object/job-text.ts';
import type { StoredJob } from '../../multigrid/object/job-object.ts';
import { sleep } from '../../timing/timers.ts';
import type { ApiClient } from './api-client.ts';
import {
  ApiRefusedError,
  ApiUnreachableError,
  CrdMissingError,
  JobNotFoundError,
  UnsoundAnswerError,
} from './cluster-errors.ts';
import { valueAt, listAt, textAt } from '../../multigrid/json/fields.ts';

/** Null: all namespaces. */
export type NamespaceChoice = string | null;

interface JobList {
  readonly jobs: readonly StoredJob[];
  readonly version: string;
}

/** The server ends a watch after this time, and a new one begins; a dead connection is noticed by then. */
const WATCH_SECONDS = 240;
const RETRY_MS = 2000;
const NOT_FOUND = 404;

/** @throws JobNotFoundError, CrdMissingError, or what the API client throws */
export async function getJob(api: ApiClient, namespace: string, name: string): Promise<StoredJob> {
  const path = `${jobsPath(namespace)}/${name}`;
  try {
    return sound(await api.get(path), path);
  } catch (error) {
    if (error instanceof ApiRefusedError && error.code === NOT_FOUND) {
      const { jobs } = await listJobs(api, namespace);
      throw new JobNotFoundError(
        namespace,
        name,
        closestName(
          name,
          jobs.map(({ metadata }) => metadata.name),
        ),
      );
    }
    throw error;
  }
}

/** @throws CrdMissingError, or what the API client throws */
export async function listJobs(api: ApiClient, namespace: NamespaceChoice, name?: string): Promise<JobList> {
  const path = jobsPath(namespace);
  try {
    const list = await api.get(path, { fieldSelector: selectorOf(name) });
    return {
      jobs: listAt(list, 'items').map((item) => sound(item, path)),
      version: textAt(list, 'metadata', 'resourceVersion') ?? '',
    };
  } catch (error) {
    throw error instanceof ApiRefusedError && error.code === NOT_FOUND
      ? new CrdMissingError(api.server)
      : error;
  }
}

export interface WatchedJobs {
  readonly namespace: NamespaceChoice;
  /** Only the job of this name. */
  readonly name?: string;
  /** Called with all jobs, at first and after every change. */
  readonly onJobs: (jobs: readonly StoredJob[]) => void;
  /** Called when the API server cannot be reached for a while; the watch goes on by itself. */
  readonly onOutage: (error: ApiUnreachableError) => void;
}

/**
 * Shows the jobs until the signal aborts.
 *
 * @throws CrdMissingError or ApiRefusedError; an API server that is away at the beginning is ApiUnreachableError, later
 * it is an outage.
 */
export async function watchJobs(api: ApiClient, watched: WatchedJobs, signal: AbortSignal): Promise<void> {
  let hasBegun = false;
  for (;;) {
    try {
      const { jobs, version } = await listJobs(api, watched.namespace, watched.name);
      hasBegun = true;
      await follow(api, watched, new Map(jobs.map((job) => [keyOf(job), job])), version, signal);
      if (signal.aborted) {
        return;
      }
    } catch (error) {
      if (signal.aborted) {
        return;
      }
      if (!hasBegun || !(error instanceof ApiUnreachableError)) {
        throw error;
      }
      watched.onOutage(error);
      await sleep(RETRY_MS);
    }
  }
}

/** Follows one watch to its end, whatever ends it; the caller lists anew. */
async function follow(
  api: ApiClient,
  { namespace, name, onJobs }: WatchedJobs,
  jobs: Map<string, StoredJob>,
  version: string,
  signal: AbortSignal,
): Promise<void> {
  onJobs([...jobs.values()]);
  const path = jobsPath(namespace);
  const query = {
    watch: true,
    resourceVersion: version,
    fieldSelector: selectorOf(name),
    timeoutSeconds: WATCH_SECONDS,
  };
  const stream = await api.stream(path, query, signal);
  try {
    for await (const line of linesOf(stream)) {
      const event: unknown = JSON.parse(line);
      const type = textAt(event, 'type');
      if (type === 'ERROR') {
        // The version is too old to go on from.
        return;
      }
      const job = sound(valueAt(event, 'object'), path);
      if (type === 'DELETED') {
        jobs.delete(keyOf(job));
      } else {
        jobs.set(keyOf(job), job);
      }
      onJobs([...jobs.values()]);
    }
  } catch (error) {
    if (error instanceof UnsoundAnswerError) {
      throw error;
    }
    throw new ApiUnreachableError(api.server, Error.isError(error) ? error.message : String(error), {
      cause: error,
    });
  } finally {
    stream.destroy();
  }
}

async function* linesOf(stream: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    yield* lines.filter((line) => line !== '');
  }
}

function jobsPath(namespace: NamespaceChoice): string {
  const scope = namespace === null ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return `/apis/${API_VERSION}${scope}/${PLURAL}`;
}

function selectorOf(name: string | undefined): string | undefined {
  return name === undefined ? undefined : `metadata.name=${name}`;
}

function keyOf({ metadata }: StoredJob): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

function sound(value: unknown, path: string): StoredJob {
  if (!isStoredJob(value)) {
    throw new UnsoundAnswerError(path, 'holds no sound MultigridTrainingJob: is the CRD of another version?');
  }
  return value;
}
