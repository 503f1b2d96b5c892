/**
 * Renews the lease of the job for as long as the trainer lives and has nothing else to say: an object so small that it may be
 * written often, by which the operator tells a trainer that is busy from one that is gone. In comes who is asked, and when
 * renewals are due; what became of each is told there.
 */
import { isStatus } from '../../../kube/api-errors.ts';
import { LIFE } from '../../../multigrid/contract/timings.ts';
import type { JobApi } from './job-api.ts';
import type { RenewalTimes } from './renewal-times.ts';

export interface KeepLeaseOptions {
  /** Name of this pod. */
  readonly holder: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds since any moment, by a clock that nobody sets. */
  readonly monotonicNow: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly times: RenewalTimes;
}

/** There is none, or it is not this trainer's to renew: of an operator before there were leases, or taken away by somebody. */
const REFUSED = [403, 404];

/** Resolves when the signal has aborted and no renewal is under way any more. */
export async function keepLease(
  api: Pick<JobApi, 'renewLease'>,
  options: KeepLeaseOptions,
  signal: AbortSignal,
): Promise<void> {
  const { monotonicNow, times } = options;
  const underWay = new Set<Promise<void>>();
  const isOver = (): boolean => signal.aborted;
  while (!isOver()) {
    const nowMs = monotonicNow();
    const waitMs = times.lookMs(nowMs) - nowMs;
    if (waitMs > 0) {
      await pause(waitMs, options, signal);
    } else {
      const renewal = renew(api, options, signal).finally(() => underWay.delete(renewal));
      underWay.add(renewal);
      await unlessUnanswered(renewal, options, signal);
    }
  }
  await Promise.all(underWay);
}

/** Never throws: what fails is tried again. */
async function renew(
  api: Pick<JobApi, 'renewLease'>,
  { holder, now, monotonicNow, times }: KeepLeaseOptions,
  signal: AbortSignal,
): Promise<void> {
  const sentMs = monotonicNow();
  times.asked(sentMs);
  try {
    times.renewed(sentMs, await api.renewLease({ holder, renewedMs: now() }, signal));
  } catch (error) {
    // A server that is away is told of by those who have something to say.
    if (REFUSED.some((status) => isStatus(error, status))) {
      times.refused(monotonicNow());
    } else {
      times.failed(sentMs, monotonicNow());
    }
  }
}

/** Resolves with the answer to a renewal, or when that takes so long that another one is due. */
async function unlessUnanswered(
  renewal: Promise<void>,
  options: KeepLeaseOptions,
  signal: AbortSignal,
): Promise<void> {
  const answered = new AbortController();
  await Promise.race([
    renewal,
    pause(LIFE.renewUnansweredMs, options, AbortSignal.any([answered.signal, signal])),
  ]);
  answered.abort();
}

async function pause(
  ms: number,
  { sleep }: Pick<KeepLeaseOptions, 'sleep'>,
  signal: AbortSignal,
): Promise<void> {
  await sleep(ms, signal).catch(() => {
    // Aborted: whoever waits sees it.
  });
}
