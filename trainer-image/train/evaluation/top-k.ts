/** Places of videos' classes in the ranking of all classes. In: a score per class. Out: places and counts. Pure. */
import type { RankedVideo } from './view-ensemble.ts';

/** The class with the highest score; of equal scores the lower class number. */
export function guessOf(scores: Float64Array): number {
  return scores.reduce((best, score, label) => (score > scores[best]! ? label : best), 0);
}

/**
 * How many classes go before the first of the video's own, 0 if it is guessed right; of equal scores the lower class number goes
 * first. Infinity for a video without classes.
 */
export function placeOf({ labels, scores }: RankedVideo): number {
  const places = labels.map(
    (own) => scores.filter((_, label) => label !== own && !goesBefore(scores, own, label)).length,
  );
  return Math.min(...places);
}

/** A score that is no number goes before nothing. */
function goesBefore(scores: Float64Array, own: number, other: number): boolean {
  return scores[own]! > scores[other]! || (scores[own] === scores[other] && own < other);
}

/** Places among the `k` highest. */
export function countTopK(places: readonly number[], k: number): number {
  return places.filter((place) => place < k).length;
}
