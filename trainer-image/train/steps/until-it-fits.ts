/**
 * Work that may run out of memory and can then be done again. In: the work, and how to make it smaller. Out: its result, from
 * the first try that fits.
 */
import { type EngineError, isOutOfMemory } from '../../engine/engine-error.ts';
import type { Engine } from '../../engine/engine.ts';

/** What there is for activations, as messages say it. */
export function memoryInWords(activationBytes: number | undefined): string {
  return activationBytes === undefined
    ? 'the memory there is'
    : `the ${Math.floor(activationBytes / 2 ** 20)} MiB for activations`;
}

/**
 * Tries, gives idle memory back and tries the same again (what other shapes left behind may lie in pieces), and then makes it
 * smaller.
 *
 * @param makeSmaller - makes the next try smaller; throws when it cannot get any smaller.
 * @throws what `work` throws, unless it ran out of memory.
 */
export async function untilItFits<Result>(
  engine: Pick<Engine, 'releaseIdleMemory'>,
  work: () => Promise<Result>,
  makeSmaller: (cause: EngineError) => Promise<void>,
): Promise<Result> {
  for (let isInPieces = true; ; isInPieces = !isInPieces) {
    try {
      return await work();
    } catch (error) {
      if (!isOutOfMemory(error)) {
        throw error;
      }
      await engine.releaseIdleMemory();
      if (!isInPieces) {
        await makeSmaller(error);
      }
    }
  }
}
