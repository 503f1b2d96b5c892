/**
 * Workers that are to train together must agree on what they have. In: named facts, each a text, in the same order on all workers.
 * Out: nothing, or on all workers the same error, which names the worker that differs and what both have.
 */
import { parsedJson, textAt } from '../../../multigrid/json/fields.ts';
import type { Collective } from './collective.ts';
import { textsOfAll } from './texts-of-all.ts';

/** Programs or data of two workers are not the same; they would train two different networks. */
export class WorkersDifferError extends Error {
  override readonly name = 'WorkersDifferError';
}

/** @throws WorkersDifferError */
export async function requireSame(
  collective: Pick<Collective, 'rank' | 'size' | 'sum'>,
  facts: Readonly<Record<string, string>>,
): Promise<void> {
  if (collective.size === 1) {
    return;
  }
  const [first, ...others] = (await textsOfAll(collective, JSON.stringify(facts))).map(parsedJson);
  for (const [index, other] of others.entries()) {
    for (const name of Object.keys(facts)) {
      const [expected, found] = [first, other].map((of) => textAt(of, name) ?? 'none');
      if (expected !== found) {
        throw new WorkersDifferError(
          `rank 0 and rank ${index + 1} do not have the same ${name}: ${expected} there, ${found} here. All workers need the ` +
            'same image of the trainer and the same data',
        );
      }
    }
  }
}
