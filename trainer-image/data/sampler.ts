/**
 * From (seed, epoch, sample, view, attempt) to the one clip they mean. Pure: the trainer makes its batches of requests
 * here, ahead of time and in any order; the loader comes back for the next draw when a clip cannot be decoded.
 */
import type { ClipRequest, ClipShape } from './clip-request.ts';
import { uniformDraws } from './draws.ts';
import { jitteredShortSide } from './spatial-sampling.ts';

/** Draws of one video that are tried before another video takes its place. */
export const DRAWS_PER_SAMPLE = 3;

export interface TrainingDraw {
  readonly seed: number;
  readonly epoch: number;
  readonly sample: number;
  /** 0 for the clip that is asked for first. */
  readonly attempt: number;
  readonly shape: ClipShape;
}

/**
 * The training clip of one draw: random stride, position, scale, crop and augmentation.
 *
 * @throws RangeError when the shape's ranges are empty or its crop is larger than its smallest scale.
 */
export function trainingRequest(draw: TrainingDraw): ClipRequest {
  const { seed, epoch, sample, attempt, shape } = draw;
  checkShape(shape);
  const { stride, scale, augmentation } = shape;
  const name = { purpose: 'clip', seed, epoch, sample, view: 0, attempt } as const;
  const [strideDraw, temporalDraw, scaleDraw, xDraw, yDraw, ...others] = uniformDraws(
    name,
    5 + augmentation.draws,
  );
  return {
    sample,
    view: 0,
    frames: shape.frames,
    stride: stride.min + Math.floor(strideDraw! * (stride.max - stride.min + 1)),
    temporalDraw: temporalDraw!,
    cropSize: shape.cropSize,
    shortSide: jitteredShortSide(scale.min, scale.max, scaleDraw!, 'uniform'),
    crop: { kind: 'random', xDraw: xDraw!, yDraw: yDraw! },
    changes: augmentation.changesOf(others),
    draw: { seed, epoch, attempt, shape },
  };
}

export interface EvaluationView {
  readonly sample: number;
  /** 0 .. temporalViews * spatialViews - 1; crops vary fastest. */
  readonly view: number;
  /** 1: the middle of the video. n: starts at 0/n, 1/n, ... of the room the clip leaves. */
  readonly temporalViews: number;
  /** 1: the centre. 3: both ends and the centre of the longer side. */
  readonly spatialViews: 1 | 3;
  readonly frames: number;
  readonly stride: number;
  readonly cropSize: number;
  /** Short side the frame is scaled to, pixels, at least `cropSize`. */
  readonly shortSide: number;
}

/**
 * One view of an evaluation: nothing is drawn.
 *
 * @throws RangeError when there is no such view or the crop is larger than the short side.
 */
export function evaluationRequest(wanted: EvaluationView): ClipRequest {
  const { sample, view, temporalViews, spatialViews, frames, stride, cropSize, shortSide } = wanted;
  if (!Number.isInteger(view) || view < 0 || view >= temporalViews * spatialViews) {
    throw new RangeError(`${temporalViews} x ${spatialViews} views have no view ${view}`);
  }
  const scale = { min: shortSide, max: shortSide };
  checkShape({ frames, stride: { min: stride, max: stride }, cropSize, scale });
  const temporalView = Math.floor(view / spatialViews);
  const crop = spatialViews === 1 ? CENTRE : CROPS[view % spatialViews]!;
  return {
    sample,
    view,
    frames,
    stride,
    temporalDraw: temporalViews === 1 ? 0.5 : temporalView / temporalViews,
    cropSize,
    shortSide,
    crop: { kind: 'uniform', index: crop },
    changes: [],
    draw: null,
  };
}

const CROPS = [0, 1, 2] as const;
const CENTRE = 1;

/**
 * The next draw of the same video, for a clip that could not be decoded; null in evaluation, where nothing is drawn.
 *
 * @param attempt - 1 .. DRAWS_PER_SAMPLE - 1.
 */
export function redraw(request: ClipRequest, attempt: number): ClipRequest | null {
  const { draw, sample } = request;
  return draw === null ? null : trainingRequest({ ...draw, sample, attempt });
}

/**
 * A clip of another video, for a request whose own video cannot be used.
 *
 * @param trial - 0 for the first substitute, 1 when that one is bad too, ...
 * @param samples - videos in the list, at least 2.
 */
export function substitute(request: ClipRequest, trial: number, samples: number): ClipRequest {
  const { sample, view, draw } = request;
  const attempt = DRAWS_PER_SAMPLE + trial;
  const counter = { seed: draw?.seed ?? 0, epoch: draw?.epoch ?? 0, sample, view, attempt };
  const place = Math.floor(uniformDraws({ purpose: 'substitute', ...counter }, 1)[0]! * (samples - 1));
  const other = place < sample ? place : place + 1;
  return draw === null ? { ...request, sample: other } : trainingRequest({ ...draw, sample: other, attempt });
}

function checkShape({ frames, stride, cropSize, scale }: Omit<ClipShape, 'augmentation'>): void {
  const isCount = (value: number): boolean => Number.isInteger(value) && value >= 1;
  if (![frames, stride.min, stride.max, cropSize].every(isCount)) {
    throw new RangeError(
      `a clip needs whole numbers of at least 1, got ${frames} frames, strides ${stride.min}..${stride.max}, crop ${cropSize}`,
    );
  }
  if (stride.max < stride.min || scale.max < scale.min) {
    throw new RangeError(
      `empty range: strides ${stride.min}..${stride.max}, scales ${scale.min}..${scale.max}`,
    );
  }
  if (scale.min < cropSize) {
    throw new RangeError(
      `a crop of ${cropSize} pixels does not fit into a frame scaled to ${scale.min}: raise the jitter scales`,
    );
  }
}
