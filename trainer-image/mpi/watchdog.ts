/**
 * A limit for what may hang. In: a promise, and how long it may take. Out: the promise's end, or an error made when it is late.
 * It counts beats, not the clock: a process that was frozen, or a machine that slept, gets its time when it is back. What may take
 * long as long as there are signs of life counts the beats since the last one itself.
 */
import { callAfter } from '../../timing/timers.ts';

/** A limit is this many beats. */
export const BEATS = 10;

/**
 * @param silentBeats - asked at every beat: how many there have been without a sign of life; all, when left out
 * @throws what the work rejects with; `late`'s error when it is silent for longer than the limit.
 */
export async function within<Result>(
  limitMs: number,
  work: Promise<Result>,
  late: () => Error,
  silentBeats: () => number = countingUp(),
): Promise<Result> {
  const { promise: expired, reject } = Promise.withResolvers<never>();
  let takeBack: () => void = () => undefined;
  const wait = (): void => {
    takeBack = callAfter(limitMs / BEATS, () => {
      if (silentBeats() < BEATS) {
        wait();
        return;
      }
      // An answer that is there already is heard first: this thread may have been what was slow.
      takeBack = callSoon(() => {
        reject(late());
      });
    });
  };
  wait();
  try {
    return await Promise.race([work, expired]);
  } finally {
    takeBack();
  }
}

function countingUp(): () => number {
  let beats = 0;
  return () => (beats += 1);
}

function callSoon(call: () => void): () => void {
  const immediate = setImmediate(call);
  return () => {
    clearImmediate(immediate);
  };
}
