/**
 * The views of each video as one score per class: their sum, or the largest (the reference's
 * `sum` and `max` ensembles). In: scores of single views, in any order. Out: videos, as the measures take them. Next:
 * `scores.ts`.
 */

/** One video: a score for every class, and its true classes. */
export interface RankedVideo {
  readonly labels: readonly number[];
  readonly scores: Float64Array;
}

export class ViewEnsemble {
  readonly #classes: number;
  readonly #method: 'sum' | 'max';
  readonly #videos = new Map<number, RankedVideo>();

  constructor(classes: number, method: 'sum' | 'max') {
    this.#classes = classes;
    this.#method = method;
  }

  /** @param scores - of one view, `[K]`, at least 0. */
  add(sample: number, labels: readonly number[], scores: ArrayLike<number>): void {
    const video = this.#videos.get(sample) ?? { labels, scores: new Float64Array(this.#classes) };
    this.#videos.set(sample, video);
    for (let k = 0; k < this.#classes; k += 1) {
      const [before, score] = [video.scores[k]!, scores[k]!];
      video.scores[k] = this.#method === 'sum' ? before + score : Math.max(before, score);
    }
  }

  /** By number, in the order in which they were first added. */
  get videos(): ReadonlyMap<number, RankedVideo> {
    return this.#videos;
  }
}
