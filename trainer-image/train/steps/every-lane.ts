/**
 * Waits for work that goes on side by side. `step.ts` and `evaluate.ts` run their lanes with it.
 */

/**
 * Resolves when every lane has ended; only then passes on the first failure. `Promise.all` would let go of lanes that
 * still run, and their memory could be released under them.
 */
export async function everyLane(lanes: readonly Promise<void>[]): Promise<void> {
  const ends = await Promise.allSettled(lanes);
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) {
    throw failed.reason;
  }
}
