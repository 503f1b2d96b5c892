/**
 * What the trainer asks of the data room, and what it gets: one request per clip, made by the pure sampler from
 * (seed, epoch, sample, view); one batch of uint8 clips per iteration, in the order asked.
 */

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
  readonly flip: boolean;
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
  /** Class of every clip, length N. */
  readonly labels: Int32Array;
  /** Samples in the order of `pixels`; a bad clip has been replaced by its next draw or another sample. */
  readonly samples: readonly number[];
  /** Gives the memory back for a later batch. */
  release(): void;
}
