/**
 * What an evaluation knows of a video once all its views are scored. In: its scores, losses and classes. Out: a verdict, and the
 * verdict as a row of numbers that workers exchange. Pure.
 */
import { guessOf, placeOf } from './top-k.ts';
import type { RankedVideo } from './view-ensemble.ts';

/** The losses of a video's views. */
interface ViewLosses {
  readonly views: number;
  /** Their sum. */
  readonly loss: number;
}

export interface Verdict extends RankedVideo, ViewLosses {
  /** How many classes go before the first of its own. */
  readonly place: number;
  /** The class with the highest score. */
  readonly guess: number;
}

const NUMBERS = 4;

export function verdictOf(video: RankedVideo, losses: ViewLosses): Verdict {
  return { ...video, ...losses, place: placeOf(video), guess: guessOf(video.scores) };
}

/** Numbers of a row. @param scores - per video that go with it; 0: nobody asks for them again */
export function rowLength(scores: number): number {
  return NUMBERS + scores;
}

/** Writes a verdict to a row of zeros, with as many scores as the row has room for. */
export function writeVerdict(row: Float64Array, { views, loss, place, guess, scores }: Verdict): void {
  row.set([views, loss, place, guess]);
  row.set(scores.subarray(0, row.length - NUMBERS), NUMBERS);
}

/** @returns null for a row of zeros: no view of the video was judged. */
export function readVerdict(row: Float64Array, labels: readonly number[]): Verdict | null {
  const [views = 0, loss = 0, place = 0, guess = 0] = row;
  return views === 0 ? null : { labels, views, loss, place, guess, scores: row.subarray(NUMBERS) };
}
