/**
 * What all workers together measured in a step. In: one worker's outcome. Out: the outcome of the whole batch: the same numbers
 * on every worker, so that all of them apply a step or none does. Batch statistics stay each worker's own.
 */
import type { Collective } from './collective.ts';

/** What is added up of a step. */
interface Measured {
  /** Mean over the worker's clips, of which all workers have equally many. */
  readonly loss: number;
  readonly correct: number;
  readonly isFinite: boolean;
}

export async function outcomeOfAll<Outcome extends Measured>(
  collective: Collective,
  outcome: Outcome,
): Promise<Outcome> {
  const sums = Float64Array.of(outcome.loss, outcome.correct, outcome.isFinite ? 0 : 1);
  await collective.sum(sums);
  const [loss, correct, notFinite] = sums;
  return { ...outcome, loss: loss! / collective.size, correct: correct!, isFinite: notFinite === 0 };
}
