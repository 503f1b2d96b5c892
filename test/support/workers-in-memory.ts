/**
 * Workers inside one process, for what they do with sums: property tests of any number of them. In: how many, and what each does.
 * Out: what each came to. Sums are made in the order of the ranks.
 */
import type { Collective } from '../../trainer-image/train/collective/collective.ts';

export type SummingWorker = Pick<Collective, 'rank' | 'size' | 'sum'>;

export function inWorkers<Result>(
  size: number,
  work: (worker: SummingWorker) => Promise<Result>,
): Promise<readonly Result[]> {
  const meeting = new Meeting(size);
  return Promise.all(
    Array.from({ length: size }, (_, rank) =>
      work({ rank, size, sum: (numbers) => meeting.sum(rank, numbers) }),
    ),
  );
}

/** Lets nobody go on before all have come. */
class Meeting {
  readonly #size: number;
  readonly #present = new Map<number, Float64Array>();
  #all = Promise.withResolvers<null>();

  constructor(size: number) {
    this.#size = size;
  }

  async sum(rank: number, numbers: Float64Array): Promise<void> {
    this.#present.set(rank, numbers);
    const { promise, resolve } = this.#all;
    if (this.#present.size === this.#size) {
      const parts = Array.from({ length: this.#size }, (_, other) => this.#present.get(other)!.slice());
      const total = numbers.map((_, index) => parts.reduce((sum, part) => sum + part[index]!, 0));
      this.#present.forEach((own) => {
        own.set(total);
      });
      this.#present.clear();
      this.#all = Promise.withResolvers();
      resolve(null);
    }
    await promise;
  }
}
