/** Top-k accuracy of ranked videos. In: videos with a score per class. Out: counts. Pure. */
import type { RankedVideo } from './view-ensemble.ts';

/** The `k` classes with the highest scores, highest first; of equal scores the lower class number first. */
export function topClasses(scores: Float64Array, k: number): readonly number[] {
  return [...scores.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b).slice(0, k);
}

/** Videos of whose classes one is among the `k` highest. */
export function countTopK(videos: readonly RankedVideo[], k: number): number {
  return videos.filter(({ labels, scores }) => topClasses(scores, k).some((guess) => labels.includes(guess)))
    .length;
}
