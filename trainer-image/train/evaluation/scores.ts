/**
 * From the logits of single views to scores of videos. One class a video: the softmax of all views is summed, then top-1,
 * top-5 and the confusion matrix. Several classes: the largest sigmoid of all views, then mean average precision beside
 * top-1 and top-5. Pure.
 */
import type { LossName } from '../../models/network.ts';
import { meanAveragePrecision } from './average-precision.ts';
import { countTopK } from './top-k.ts';
import { type Verdict, verdictOf } from './verdict.ts';
import { ViewEnsemble } from './view-ensemble.ts';

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

/** What the videos of an evaluation are judged for. */
export interface Task {
  readonly classes: number;
  /** Whether a video may have several classes, or none. */
  readonly hasSeveralLabels: boolean;
}

export class ScoreSheet {
  readonly task: Task;
  readonly #ensemble: ViewEnsemble;
  /** By sample: of the views so far. */
  readonly #losses = new Map<number, { readonly views: number; readonly loss: number }>();

  constructor(classes: number, loss: LossName) {
    this.task = { classes, hasSeveralLabels: loss === 'binaryCrossEntropy' };
    this.#ensemble = new ViewEnsemble(classes, this.task.hasSeveralLabels ? 'max' : 'sum');
  }

  /** Adds one view of one video. @param logits - float32 `[K]`. */
  add(sample: number, labels: readonly number[], logits: Float32Array): void {
    const view = this.task.hasSeveralLabels ? sigmoidScore(logits, labels) : softmaxScore(logits, labels);
    this.#ensemble.add(sample, labels, view.scores);
    const { views, loss } = this.#losses.get(sample) ?? { views: 0, loss: 0 };
    this.#losses.set(sample, { views: views + 1, loss: loss + view.loss });
  }

  /** By sample, in the order in which they were first added. */
  verdicts(): ReadonlyMap<number, Verdict> {
    const videos = [...this.#ensemble.videos];
    return new Map(
      videos.map(([sample, video]) => [sample, verdictOf(video, this.#losses.get(sample)!)] as const),
    );
  }

  /** Scores over all videos added so far; zeros when there is none. */
  read(): Scores {
    return scoresOf([...this.verdicts().values()], this.task);
  }
}

/** Scores over judged videos; zeros when there is none. Losses are added up in the order of the videos. */
export function scoresOf(videos: readonly Verdict[], { classes, hasSeveralLabels }: Task): Scores {
  const places = videos.map(({ place }) => place);
  const share = (k: number): number => (videos.length > 0 ? countTopK(places, k) / videos.length : 0);
  const views = videos.reduce((sum, video) => sum + video.views, 0);
  const loss = videos.reduce((sum, video) => sum + video.loss, 0);
  return {
    top1: share(1),
    top5: share(5),
    mAP: hasSeveralLabels ? meanAveragePrecision(videos, classes) : null,
    loss: views > 0 ? loss / views : 0,
    videos: videos.length,
    confusion: hasSeveralLabels ? [] : confusionOf(videos, classes),
  };
}

function confusionOf(videos: readonly Verdict[], classes: number): readonly (readonly number[])[] {
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (const { labels, guess } of videos) {
    const row = confusion[labels[0]!]!;
    row[guess] = row[guess]! + 1;
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
