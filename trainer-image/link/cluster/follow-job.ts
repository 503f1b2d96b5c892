/**
 * Follows one job for as long as its trainer lives. In come a JobApi and who wants to know; out go versions of the job. A
 * server that is away is asked again until it answers; only a job that is gone ends it.
 */
import { follow, type FollowEffects } from '../../../kube/follow.ts';
import type { StoredJob } from '../../../multigrid/object/job-object.ts';
import { type JobApi, JobGoneError } from './job-api.ts';

export interface FollowJobOptions extends FollowEffects {
  readonly onJob: (job: StoredJob) => void;
  /** The API server answered. */
  readonly onReached: () => void;
  /** It did not, or refused; it is asked again. */
  readonly onError: (error: unknown) => void;
}

/** Trainers that lost the server together come back soon, and not all at once. */
const BACKOFF = { firstMs: 250, longestMs: 10_000 };

/**
 * Resolves when `signal` has aborted.
 *
 * @throws JobGoneError when there is no such job any more.
 */
export function followJob(api: JobApi, options: FollowJobOptions, signal: AbortSignal): Promise<void> {
  const { onJob, onReached, onError, ...effects } = options;
  return follow(
    {
      ...effects,
      backoff: BACKOFF,
      source: {
        // A trainer may see its own job, not list jobs.
        list: async (limit) => {
          const job = await api.read(limit);
          return { items: [job], resourceVersion: job.metadata.resourceVersion ?? '' };
        },
        watch: (resourceVersion, limit) => api.watch(resourceVersion, limit),
      },
      onList: ({ items }) => {
        onReached();
        items.forEach(onJob);
      },
      onEvent: (event) => {
        onReached();
        if (event.type === 'deleted') {
          throw new JobGoneError(event.object.metadata.name, 'was deleted');
        }
        if (event.type === 'changed') {
          onJob(event.object);
        }
      },
      onError: (error) => {
        if (error instanceof JobGoneError) {
          throw error;
        }
        onError(error);
      },
    },
    signal,
  );
}
