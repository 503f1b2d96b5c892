/**
 * Average precision of ranked videos, per class and over classes (Charades' measure, method of scikit-learn): the mean
 * of the precisions at which each further positive is found, not interpolated; videos of equal score are found together.
 * In: scores and labels of every video. Out: numbers in 0 to 1. Pure.
 */

import type { RankedVideo } from './view-ensemble.ts';

/** Mean over the classes that some video has; 0 when no class has one. */
export function meanAveragePrecision(videos: readonly RankedVideo[], classes: number): number {
  const precisions = averagePrecisions(videos, classes).filter((precision) => precision !== null);
  const total = precisions.reduce((sum, precision) => sum + precision, 0);
  return precisions.length === 0 ? 0 : total / precisions.length;
}

/** For every class its average precision, or null where no video has it. */
export function averagePrecisions(
  videos: readonly RankedVideo[],
  classes: number,
): readonly (number | null)[] {
  const positives = Array.from({ length: classes }, () => new Set<RankedVideo>());
  for (const video of videos) {
    video.labels.forEach((label) => positives[label]?.add(video));
  }
  return positives.map((ofClass, label) => (ofClass.size === 0 ? null : precisionOf(videos, label, ofClass)));
}

function precisionOf(
  videos: readonly RankedVideo[],
  label: number,
  positives: ReadonlySet<RankedVideo>,
): number {
  const ranked = videos.toSorted((a, b) => b.scores[label]! - a.scores[label]!);
  let found = 0;
  let foundBefore = 0;
  let sum = 0;
  ranked.forEach((video, index) => {
    found += positives.has(video) ? 1 : 0;
    const next = ranked[index + 1];
    // A threshold lies only between different scores.
    if (next === undefined || next.scores[label] !== video.scores[label]) {
      sum += ((found - foundBefore) * found) / (index + 1);
      foundBefore = found;
    }
  });
  return sum / positives.size;
}
