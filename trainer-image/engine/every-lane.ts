/**
 * Work that goes on side by side in lanes. In: a number of lanes and what each does. Out: a promise for the end of all of
 * them. When one lane fails the others are asked to stop, and nothing is let go of before they have.
 */

/**
 * Resolves when every lane has ended. `Promise.all` alone would let go of lanes that still run, and their memory could be
 * released under them.
 *
 * @param work - is given a signal that aborts when another lane fails, or `signal` does.
 * @throws what the first lane to fail threw.
 */
export async function everyLane(
  lanes: number,
  work: (lane: number, signal: AbortSignal) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const failed = new AbortController();
  const either = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  const errors: unknown[] = [];
  await Promise.all(
    Array.from({ length: lanes }, async (_, lane) => {
      try {
        await work(lane, either);
      } catch (error) {
        errors.push(error);
        failed.abort(error);
      }
    }),
  );
  if (errors.length > 0) {
    throw errors[0];
  }
}
