/**
 * A limit for what may hang. In: a promise, and how long it may take. Out: the promise's end, or an error made when it is late.
 * It counts beats, not the clock: a process that was frozen, or a machine that slept, gets its time when it is back.
 */
import { callAfter } from '../../timing/timers.ts';

/** A limit is this many beats. */
const BEATS = 10;

/** @throws what the work rejects with; `late`'s error when it takes longer than the limit. */
export async function within<Result>(
  limitMs: number,
  work: Promise<Result>,
  late: () => Error,
): Promise<Result> {
  const { promise: expired, reject } = Promise.withResolvers<never>();
  const beat = (left: number): void => {
    takeBack =
      left === 0
        ? // An answer that is there already is heard first: this thread may have been what was slow.
          callSoon(() => {
            reject(late());
          })
        : callAfter(limitMs / BEATS, () => {
            beat(left - 1);
          });
  };
  let takeBack: () => void = () => undefined;
  beat(BEATS);
  try {
    return await Promise.race([work, expired]);
  } finally {
    takeBack();
  }
}

function callSoon(call: () => void): () => void {
  const immediate = setImmediate(call);
  return () => {
    clearImmediate(immediate);
  };
}
