/**
 * From the logits of single views to scores of videos. One class a video: the softmax of all views is summed, then top-1,
 * top-5 and the confusion matrix. Several classes: the largest sigmoid of all views, then mean average precision beside
 * top-1 and top-5. Pure; `evaluate.ts` feeds it.
 */
import type { LossName } from '../../models/network.ts';
import { meanAveragePrecision } from './average-precision.ts';
import { countTopK, topClasses } from './top-k.ts';
import { type RankedVideo, ViewEnsemble } from './view-ensemble.ts';

export interface Scores {
  /** Share of videos of whose classes one has the highest score, 0 to 1. */
  readonly top1: number;
  /** Share of videos of whose classes one is among the five highest. */
  readonly top5: number;
  /** Mean average precision, 0 to 1; null where a video has one class. */
  readonly mAP: number | null;
  /** Mean over views: -ln p(class), or the binary cross-entropy averaged over classes. */
  readonly loss: number;
  readonly videos: number;
  /** Rows: true class; columns: guessed class; no rows where a video has several classes. */
  readonly confusion: readonly (readonly number[])[];
}

/** One view's scores per class and its loss. */
interface ViewScore {
  readonly scores: Float64Array;
  readonly loss: number;
}

export class ScoreSheet {
  readonly #classes: number;
  readonly #hasSeveralLabels: boolean;
  readonly #ensemble: ViewEnsemble;
  #loss = 0;
  #views = 0;

  constructor(classes: number, loss: LossName) {
    this.#classes = classes;
    this.#hasSeveralLabels = loss === 'binaryCrossEntropy';
    this.#ensemble = new ViewEnsemble(classes, this.#hasSeveralLabels ? 'max' : 'sum');
  }

  /** Adds one view of one video. @param logits - float32 `[K]`. */
  add(sample: number, labels: readonly number[], logits: Float32Array): void {
    const view = this.#hasSeveralLabels ? sigmoidScore(logits, labels) : softmaxScore(logits, labels);
    this.#ensemble.add(sample, labels, view.scores);
    this.#loss += view.loss;
    this.#views += 1;
  }

  /** Scores over all videos added so far; zeros when there is none. */
  read(): Scores {
    const { videos } = this.#ensemble;
    const share = (k: number): number => (videos.length > 0 ? countTopK(videos, k) / videos.length : 0);
    return {
      top1: share(1),
      top5: share(5),
      mAP: this.#hasSeveralLabels ? meanAveragePrecision(videos, this.#classes) : null,
      loss: this.#views > 0 ? this.#loss / this.#views : 0,
      videos: videos.length,
      confusion: this.#hasSeveralLabels ? [] : confusionOf(videos, this.#classes),
    };
  }
}

function confusionOf(videos: readonly RankedVideo[], classes: number): readonly (readonly number[])[] {
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (const { labels, scores } of videos) {
    const row = confusion[labels[0]!]!;
    const [guess] = topClasses(scores, 1);
    row[guess!] = row[guess!]! + 1;
  }
  return confusion;
}

function softmaxScore(logits: Float32Array, labels: readonly number[]): ViewScore {
  const highest = logits.reduce((best, value) => Math.max(best, value), -Infinity);
  const exponentials = Float64Array.from(logits, (value) => Math.exp(value - highest));
  const total = exponentials.reduce((sum, value) => sum + value, 0);
  return {
    scores: exponentials.map((value) => value / total),
    loss: Math.log(total) + highest - logits[labels[0]!]!,
  };
}

function sigmoidScore(logits: Float32Array, labels: readonly number[]): ViewScore {
  const softplus = logits.reduce(
    (sum, value) => sum + Math.max(value, 0) + Math.log1p(Math.exp(-Math.abs(value))),
    0,
  );
  const wanted = labels.reduce((sum, label) => sum + logits[label]!, 0);
  return {
    scores: Float64Array.from(logits, (value) => 1 / (1 + Math.exp(-value))),
    loss: (softplus - wanted) / logits.length,
  };
}
