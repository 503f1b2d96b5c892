/**
 * From per-view probabilities to accuracies: sums the softmax of every view of a video, then top-1, top-5 and the
 * confusion matrix over videos (method.md 6: the reference's `sum` ensemble). Pure; `evaluate.ts` feeds it.
 */

export interface Scores {
  /** Share of videos whose class has the highest summed probability, 0 to 1. */
  readonly top1: number;
  /** Share of videos whose class is among the five highest. */
  readonly top5: number;
  /** Mean over views of -ln p(class). */
  readonly loss: number;
  readonly videos: number;
  /** Rows: true class; columns: guessed class. */
  readonly confusion: readonly (readonly number[])[];
}

interface VideoScore {
  readonly label: number;
  readonly sums: Float64Array;
}

export class ScoreSheet {
  readonly #classes: number;
  readonly #videos = new Map<number, VideoScore>();
  #loss = 0;
  #views = 0;

  constructor(classes: number) {
    this.#classes = classes;
  }

  /** Adds one view of one video. @param logits - float32 `[K]`. */
  add(sample: number, label: number, logits: Float32Array): void {
    const score = this.#videos.get(sample) ?? { label, sums: new Float64Array(this.#classes) };
    this.#videos.set(sample, score);
    const highest = logits.reduce((best, value) => Math.max(best, value), -Infinity);
    const exponentials = Float64Array.from(logits, (value) => Math.exp(value - highest));
    const total = exponentials.reduce((sum, value) => sum + value, 0);
    exponentials.forEach((value, k) => {
      score.sums[k] = score.sums[k]! + value / total;
    });
    this.#loss += Math.log(total) + highest - logits[label]!;
    this.#views += 1;
  }

  /** Scores over all videos added so far; zeros when there is none. */
  read(): Scores {
    const confusion = Array.from({ length: this.#classes }, () => new Array<number>(this.#classes).fill(0));
    let top1 = 0;
    let top5 = 0;
    for (const { label, sums } of this.#videos.values()) {
      const order = [...sums.keys()].sort((a, b) => sums[b]! - sums[a]! || a - b);
      top1 += order[0] === label ? 1 : 0;
      top5 += order.slice(0, 5).includes(label) ? 1 : 0;
      const row = confusion[label]!;
      row[order[0]!] = row[order[0]!]! + 1;
    }
    const videos = this.#videos.size;
    return {
      top1: videos > 0 ? top1 / videos : 0,
      top5: videos > 0 ? top5 / videos : 0,
      loss: this.#views > 0 ? this.#loss / this.#views : 0,
      videos,
      confusion,
    };
  }
}
