/**
 * The measures against numbers that the reference's own meters gave (test/vectors/metrics.json): mean average precision with
 * ties and empty classes, ensembles of views that come in any order, top-k.
 */
import { describe, expect, test } from '@jest/globals';
import { vectorsOf } from '../../../test/support/vectors.ts';
import { averagePrecisions, meanAveragePrecision } from './average-precision.ts';
import { countTopK, placeOf } from './top-k.ts';
import { type RankedVideo, ViewEnsemble } from './view-ensemble.ts';

type Matrix = readonly (readonly number[])[];

type Case =
  | {
      readonly fn: 'mean_average_precision';
      readonly preds: Matrix;
      readonly labels: Matrix;
      readonly classes_kept: readonly boolean[];
      readonly ap: readonly number[];
      readonly map: number;
    }
  | {
      readonly fn: 'multiview_ensemble';
      readonly num_clips: number;
      readonly method: 'sum' | 'max';
      readonly multi_label: boolean;
      readonly clip_ids: readonly number[];
      readonly preds_by_clip_id: Matrix;
      readonly labels: readonly (number | readonly number[])[];
      readonly video_preds: Matrix;
      readonly top1_correct?: number;
      readonly top5_correct?: number;
      readonly map?: number;
    }
  | {
      readonly fn: 'topk';
      readonly preds: Matrix;
      readonly labels: readonly number[];
      readonly ks: readonly number[];
      readonly correct: readonly number[];
    };

const cases = vectorsOf('metrics') as readonly Case[];

/** Class numbers of a row of zeros and ones. */
function labelsOf(row: number | readonly number[]): readonly number[] {
  return typeof row === 'number' ? [row] : row.flatMap((value, label) => (value === 1 ? [label] : []));
}

function videosOf(preds: Matrix, labels: readonly (number | readonly number[])[]): readonly RankedVideo[] {
  return preds.map((row, index) => ({ scores: Float64Array.from(row), labels: labelsOf(labels[index]!) }));
}

const precisionCases = cases.filter((entry) => entry.fn === 'mean_average_precision');

test.each(precisionCases)('mean average precision is $map', ({ preds, labels, classes_kept, ap, map }) => {
  const videos = videosOf(preds, labels);
  const classes = classes_kept.length;
  expect(meanAveragePrecision(videos, classes)).toBeCloseTo(map, 12);
  const precisions = averagePrecisions(videos, classes);
  expect(precisions.map((precision) => precision !== null)).toEqual(classes_kept);
  precisions
    .filter((precision) => precision !== null)
    .forEach((precision, index) => {
      expect(precision).toBeCloseTo(ap[index]!, 12);
    });
});

// With several labels the reference starts a sum at -1e10 in float32 and loses all scores: no method of ours.
const ensembleCases = cases
  .filter((entry) => entry.fn === 'multiview_ensemble')
  .filter(({ method, multi_label }) => !(method === 'sum' && multi_label));

test.each(ensembleCases)('the $method of $num_clips views of a video is as in the reference', (entry) => {
  const ensemble = new ViewEnsemble(entry.preds_by_clip_id[0]!.length, entry.method);
  for (const id of entry.clip_ids) {
    const video = Math.floor(id / entry.num_clips);
    ensemble.add(video, labelsOf(entry.labels[video]!), entry.preds_by_clip_id[id]!);
  }
  // Kept in the order of arrival; the vectors list them by number.
  const order = [...new Set(entry.clip_ids.map((id) => Math.floor(id / entry.num_clips)))];
  const videos = [...ensemble.videos.values()];
  order.forEach((video, place) => {
    entry.video_preds[video]!.forEach((score, label) => {
      expect(videos[place]!.scores[label]).toBeCloseTo(score, 6);
    });
  });
  if (entry.map !== undefined) {
    expect(meanAveragePrecision(videos, videos[0]!.scores.length)).toBeCloseTo(entry.map, 6);
  }
  if (entry.top1_correct !== undefined) {
    const places = videos.map(placeOf);
    expect([countTopK(places, 1), countTopK(places, 5)]).toEqual([entry.top1_correct, entry.top5_correct]);
  }
});

const topKCases = cases.filter((entry) => entry.fn === 'topk');

test.each(topKCases)('top-k accuracy counts $correct', ({ preds, labels, ks, correct }) => {
  const places = videosOf(preds, labels).map(placeOf);
  expect(ks.map((k) => countTopK(places, k))).toEqual(correct);
});

describe('mean average precision', () => {
  test('is 0 without videos, and where no class has one', () => {
    expect(meanAveragePrecision([], 3)).toBe(0);
    expect(meanAveragePrecision([{ labels: [], scores: Float64Array.of(1, 2, 3) }], 3)).toBe(0);
  });
});
