/**
 * Timers of any length. Node's own take 2^31 - 1 ms, 24.8 days, and make 1 ms of anything longer; `AbortSignal.timeout`
 * besides throws for fractions of a millisecond. In come milliseconds, out come a sleep, a call later, and a signal that
 * ends what takes too long. The only file that sets Node's timers by numbers that it is given.
 */
import { setTimeout as nodeTimer } from 'node:timers/promises';

/** The longest delay that Node's timers take, milliseconds. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Resolves after `ms`; rejects when the signal aborts. */
export type Sleep = (ms: number, signal?: AbortSignal) => Promise<void>;

/**
 * A sleep made of timers that take `LONGEST_TIMER_MS` at most.
 *
 * @param timer - one such timer: resolves after its time, rejects when the signal aborts
 */
export function sleepBy(timer: Sleep): Sleep {
  return async (ms, signal) => {
    let leftMs = ms;
    for (; leftMs > LONGEST_TIMER_MS; leftMs -= LONGEST_TIMER_MS) {
      await timer(LONGEST_TIMER_MS, signal);
    }
    await timer(leftMs, signal);
  };
}

export const sleep: Sleep = sleepBy((ms, signal) =>
  nodeTimer(ms, undefined, signal === undefined ? {} : { signal }),
);

/**
 * Calls once after `ms`.
 *
 * @returns takes the call back, unless it was made
 */
export function callAfter(ms: number, call: () => void): () => void {
  const set = (leftMs: number): NodeJS.Timeout =>
    leftMs > LONGEST_TIMER_MS
      ? setTimeout(() => {
          timer = set(leftMs - LONGEST_TIMER_MS);
        }, LONGEST_TIMER_MS)
      : setTimeout(call, leftMs);
  let timer = set(ms);
  return () => {
    clearTimeout(timer);
  };
}

/**
 * Whether something ends in time. What it ends with is passed on; later it is nobody's.
 *
 * @throws what the promise rejects with, in time
 */
export async function endsWithin(ms: number, end: Promise<unknown>): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<'late'>();
  const takeBack = callAfter(ms, () => {
    resolve('late');
  });
  // Nobody may be left to hear of an error.
  end.catch(() => undefined);
  try {
    return (await Promise.race([end.then(() => 'in time'), late])) === 'in time';
  } finally {
    takeBack();
  }
}

/**
 * Calls after `ms` (24.8 days at most) if the process is still there: the wait itself does not keep it.
 *
 * @returns takes the call back, unless it was made
 */
export function callIfStillThere(ms: number, call: () => void): () => void {
  const timer = setTimeout(call, ms).unref();
  return () => {
    clearTimeout(timer);
  };
}

/** Aborts after `ms`, at the latest after the 24.8 days that a single timer can take. */
export function timeoutSignal(ms: number): AbortSignal {
  return AbortSignal.timeout(Math.min(Math.max(0, Math.ceil(ms)), LONGEST_TIMER_MS));
}
