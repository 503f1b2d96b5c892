/**
 * Renews the lease of the job for as long as the trainer lives: an object so small that it may be written often, by which
 * the operator tells a trainer that is busy from one that is gone. In comes who is asked, out comes whether the server
 * lets the lease be renewed; where it does not, reports have to stand in for it.
 */
import { isStatus } from '../../../kube/api-errors.ts';
import { LIFE } from '../../../multigrid/contract/timings.ts';
import type { JobApi } from './job-api.ts';

export interface KeepLeaseOptions {
  /** Name of this pod. */
  readonly holder: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds since any moment, by a clock that nobody sets. */
  readonly monotonicNow: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Told after every answer: whether the lease is there and this trainer may renew it. */
  readonly onAnswer: (isKept: boolean) => void;
}

/** There is none, or it is not this trainer's to renew: of an operator before there were leases, or taken away by somebody. */
const REFUSED = [403, 404];

/** Resolves when the signal has aborted; whatever fails is tried again at the next renewal. */
export async function keepLease(
  api: Pick<JobApi, 'renewLease'>,
  { holder, now, monotonicNow, sleep, onAnswer }: KeepLeaseOptions,
  signal: AbortSignal,
): Promise<void> {
  const isOver = (): boolean => signal.aborted;
  while (!isOver()) {
    const startedMs = monotonicNow();
    try {
      await api.renewLease({ holder, renewedMs: now() }, signal);
      onAnswer(true);
    } catch (error) {
      // A server that is away is told of by those who have something to say.
      if (REFUSED.some((status) => isStatus(error, status))) {
        onAnswer(false);
      }
    }
    await sleep(Math.max(0, LIFE.renewMs - (monotonicNow() - startedMs)), signal).catch(() => {
      // Aborted: the loop sees it.
    });
  }
}
