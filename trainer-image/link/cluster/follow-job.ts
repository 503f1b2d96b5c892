/**
 * Follows one job for as long as its trainer lives: read it, watch it from there, and when anything breaks wait a little
 * and begin again. In come a JobApi and who wants to know; out go versions of the job. Called by `cluster-job-link.ts`.
 */
import type { StoredJob } from '../../../multigrid/object/job-object.ts';
import { type JobApi, JobGoneError } from './job-api.ts';

export interface FollowOptions {
  readonly onJob: (job: StoredJob) => void;
  /** The API server answered. */
  readonly onReached: () => void;
  /** It did not, or refused; it is asked again. */
  readonly onError: (error: unknown) => void;
  readonly monotonicNow: () => number;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** 0 to 1. */
  readonly random: () => number;
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;
/** A stream that ends sooner than this has not really begun: asking again at once would be a busy loop. */
const SHORTEST_STREAM_MS = 1000;

/**
 * Resolves when `signal` has aborted.
 *
 * @throws JobGoneError when there is no such job any more.
 */
export async function followJob(api: JobApi, options: FollowOptions, signal: AbortSignal): Promise<void> {
  const { onJob, onReached, onError, monotonicNow, sleep, random } = options;
  let from: string | null = null;
  let failures = 0;
  const isOver = (): boolean => signal.aborted;
  while (!isOver()) {
    const startedAt = monotonicNow();
    try {
      if (from === null) {
        const job = await api.read(signal);
        onReached();
        onJob(job);
        from = job.metadata.resourceVersion ?? null;
      }
      // An object without a version can only be looked at again and again.
      from = from === null ? null : await api.watch(from, onJob, signal);
      failures = monotonicNow() - startedAt < SHORTEST_STREAM_MS ? failures + 1 : 0;
    } catch (error) {
      if (isOver()) {
        return;
      }
      if (error instanceof JobGoneError) {
        throw error;
      }
      onError(error);
      from = null;
      failures += 1;
    }
    if (failures > 0) {
      await pause(pauseMs(failures, random()), sleep, signal);
    }
  }
}

/** Doubles with every failure; half of it is chance, so that trainers that lost the server together return spread out. */
function pauseMs(failures: number, chance: number): number {
  const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1));
  return (longest * (1 + chance)) / 2;
}

async function pause(ms: number, sleep: FollowOptions['sleep'], signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, signal);
  } catch (error) {
    if (!signal.aborted) {
      throw error;
    }
  }
}
