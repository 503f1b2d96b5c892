/**
 * What the trainer asks of the data room, and what it gets: one request per clip, made by the pure sampler from
 * (seed, epoch, sample, view); one batch of uint8 clips per iteration, in the order asked.
 */
import type { Augmentation, ClipChange, ClipTarget } from './augmentation.ts';

/** Everything random about one clip is already decided here, so the same request always gives the same pixels. */
export interface ClipRequest {
  /** Index of the video in the dataset list. */
  readonly sample: number;
  /** View number: 0 in training, 0..views-1 in multi-view tests. */
  readonly view: number;
  /** Frames T of the clip. */
  readonly frames: number;
  /** Distance between sampled frames, in source frames at the target rate. */
  readonly stride: number;
  /** Position of the clip in the video: a draw in [0, 1) of the room that the clip leaves. */
  readonly temporalDraw: number;
  /** Side of the square crop, pixels. */
  readonly cropSize: number;
  /** Short side the frame is scaled to before cropping, pixels. */
  readonly shortSide: number;
  /** Position of the crop, draws in [0, 1) of the room left and above; or a fixed position for evaluation. */
  readonly crop: CropPosition;
  /** What happens to the clip after cropping. */
  readonly changes: readonly ClipChange[];
  /** What the random parts were drawn from, so that a bad clip can be drawn again; null when nothing was drawn. */
  readonly draw: ClipDraw | null;
}

/** The part of a request that decides pixels. */
export type ClipGeometry = Omit<ClipRequest, 'sample' | 'view' | 'draw'>;

/** The counter of a draw: the same counter always gives the same request. */
interface ClipDraw {
  readonly seed: number;
  readonly epoch: number;
  /** 0 at first; 1, 2, ... when the clip before could not be decoded. */
  readonly attempt: number;
  readonly shape: ClipShape;
}

/** What a training clip is drawn for: fixed numbers and the ranges of the random ones. */
export interface ClipShape {
  /** Frames T of the clip. */
  readonly frames: number;
  /** Strides are drawn from the integers of this closed range. */
  readonly stride: { readonly min: number; readonly max: number };
  /** Side of the square crop, pixels. */
  readonly cropSize: number;
  /** Short sides are drawn from this closed range and rounded, pixels; at least `cropSize`. */
  readonly scale: { readonly min: number; readonly max: number };
  readonly augmentation: Augmentation;
}

export type CropPosition =
  | { readonly kind: 'random'; readonly xDraw: number; readonly yDraw: number }
  /** 0: left or top, 1: centre, 2: right or bottom of the longer side. */
  | { readonly kind: 'uniform'; readonly index: 0 | 1 | 2 };

/** The clips of one iteration. */
export interface ClipBatch {
  /** Pixels, RGB, layout `[N, T, H, W, 3]`. Valid until `release()`. */
  readonly pixels: Uint8Array;
  readonly clips: number;
  readonly frames: number;
  readonly cropSize: number;
  /** Classes of every clip's video, length N: what a guess is judged by. */
  readonly labels: readonly (readonly number[])[];
  /** What the loss wants of every clip, length N. */
  readonly targets: readonly ClipTarget[];
  /**
   * Samples in the order of `pixels`. A bad clip has been replaced by its next draw or, when its video cannot be used,
   * by a clip of another sample; `labels` and `targets` go with it. In an evaluation nothing stands in for a clip: null, with
   * black pixels and no classes, is not to be judged.
   */
  readonly samples: readonly (number | null)[];
  /** Gives the memory back for a later batch. */
  release(): void;
}
