/**
 * The clips of one worker: turns positions of the plan into requests (which samples, which shape), and has the loaders
 * decode them. The training stream runs ahead of the loop across shape changes; evaluation streams fix every view.
 * Training and evaluation videos have loaders of their own (over the same decoders), so that a bad training video is
 * never replaced by one that the network is judged on.
 */
import type { Phase, Plan } from '../../multigrid/plan/types.ts';
import { evenShares, type Range, rangeOf } from '../../multigrid/sharing/even-ranges.ts';
import { type Augmentation, MIRROR_HALF, NO_AUGMENTATION } from '../data/augmentation.ts';
import type { ClipBatch, ClipRequest, ClipShape } from '../data/clip-request.ts';
import { epochOrder } from '../data/epoch-order.ts';
import type { ClipLoader } from '../data/loader.ts';
import { type EvaluationView, evaluationRequest, trainingRequest } from '../data/sampler.ts';
import type { VideoList } from '../data/video-list.ts';
import { type Position, positionAt, totalIterations } from './state/position.ts';
import type { AugmentationSettings } from './settings.ts';
import { stepShare, type Worker } from './collective/step-share.ts';

/** Which fixed views an evaluation takes of every video of a list. */
export interface EvaluationViews extends Omit<EvaluationView, 'sample' | 'view'> {
  readonly list: 'val' | 'test';
  /** Clips of one batch; the last may be shorter. */
  readonly clipsPerBatch: number;
}

/** The three lists of a job. */
export interface VideoLists {
  readonly train: VideoList;
  readonly val: VideoList;
  readonly test: VideoList;
}

export interface ClipSourceParts {
  /** Loader of the training videos; evaluation lists go through the same decoders and their cache. */
  readonly train: ClipLoader;
  readonly lists: VideoLists;
  readonly seed: number;
  readonly augmentation: AugmentationSettings;
  /** Whose clips these are. */
  readonly worker: Worker;
}

export class ClipSource {
  readonly #parts: ClipSourceParts;
  readonly #evaluation: Readonly<Record<'val' | 'test', ClipLoader>>;

  constructor(parts: ClipSourceParts) {
    this.#parts = parts;
    const { train, lists } = parts;
    this.#evaluation = { val: train.sharingDecoders(lists.val), test: train.sharingDecoders(lists.test) };
  }

  /** Bad clips replaced so far in training. */
  get badClips(): number {
    return this.#parts.train.badClips.reduce((sum, { count }) => sum + count, 0);
  }

  /** The worker's batches of iteration `from` to the end of the plan, one per iteration. */
  training(plan: Plan, from: number, signal: AbortSignal): AsyncGenerator<ClipBatch> {
    return this.#parts.train.stream(this.#trainingRequests(plan, from), signal);
  }

  /** The batches of one epoch's order at the long-cycle shape of a phase: what precise batch norm is estimated on. */
  precise(phase: Phase, iterations: number, signal: AbortSignal): AsyncGenerator<ClipBatch> {
    return this.#parts.train.stream(this.#preciseRequests(phase, iterations), signal);
  }

  /** All views of the worker's videos of a list. */
  evaluation(views: EvaluationViews, signal: AbortSignal): AsyncGenerator<ClipBatch> {
    const { workers, rank } = this.#parts.worker;
    const videos = rangeOf(evenShares(this.listOf(views).videos.length, workers), rank);
    return this.#evaluation[views.list].stream(evaluationRequests(views, videos), signal);
  }

  /** All videos of an evaluation, of all workers. */
  listOf({ list }: Pick<EvaluationViews, 'list'>): VideoList {
    return this.#parts.lists[list];
  }

  *#trainingRequests(plan: Plan, from: number): Generator<readonly ClipRequest[]> {
    const { seed, lists, augmentation, worker } = this.#parts;
    let order: Uint32Array = new Uint32Array(0);
    let orderEpoch = -1;
    for (let iteration = from; iteration < totalIterations(plan); iteration += 1) {
      const position = positionAt(plan, iteration);
      if (position.epoch !== orderEpoch) {
        order = epochOrder(seed, position.epoch, lists.train.videos.length);
        orderEpoch = position.epoch;
      }
      const { clips } = stepShare(position.phase, position.shape, worker);
      const samples = placesOf(order, position.firstSample, clips);
      yield trainingBatch(samples, position.epoch, clipShape(position, augmentation), seed);
    }
  }

  *#preciseRequests(phase: Phase, iterations: number): Generator<readonly ClipRequest[]> {
    const { seed, lists, augmentation, worker } = this.#parts;
    const { clips } = stepShare(phase, phase, worker);
    // The reference never re-seeds this loader's sampler, so it always sees the order of epoch 0.
    const order = epochOrder(seed, 0, lists.train.videos.length);
    const shape: ClipShape = {
      frames: phase.frames,
      stride: phase.stride,
      cropSize: phase.cropSize,
      scale: { min: phase.shortCycle.at(-1)!.minScale, max: augmentation.jitterScales[1] },
      augmentation: augmentationOf(augmentation),
    };
    for (let batch = 0; batch < iterations; batch += 1) {
      const firstSample = batch * phase.globalBatch;
      if (firstSample + phase.globalBatch > order.length) {
        return;
      }
      const samples = placesOf(order, firstSample, clips);
      yield trainingBatch(samples, 0, shape, seed);
    }
  }
}

function clipShape(position: Position, augmentation: AugmentationSettings): ClipShape {
  const { phase, shape } = position;
  return {
    frames: phase.frames,
    stride: phase.stride,
    cropSize: shape.cropSize,
    scale: { min: shape.minScale, max: augmentation.jitterScales[1] },
    augmentation: augmentationOf(augmentation),
  };
}

function augmentationOf({ flip }: AugmentationSettings): Augmentation {
  return flip ? MIRROR_HALF : NO_AUGMENTATION;
}

/** A worker's part of the places of an epoch's order that a step takes from `firstSample` on. */
function placesOf(order: Uint32Array, firstSample: number, { first, count }: Range): Uint32Array {
  return order.subarray(firstSample + first, firstSample + first + count);
}

function trainingBatch(
  samples: Uint32Array,
  epoch: number,
  shape: ClipShape,
  seed: number,
): readonly ClipRequest[] {
  return Array.from(samples, (sample) => trainingRequest({ seed, epoch, sample, attempt: 0, shape }));
}

function* evaluationRequests(views: EvaluationViews, videos: Range): Generator<readonly ClipRequest[]> {
  const count = views.temporalViews * views.spatialViews;
  let batch: ClipRequest[] = [];
  for (let sample = videos.first; sample < videos.first + videos.count; sample += 1) {
    for (let view = 0; view < count; view += 1) {
      batch.push(evaluationRequest({ ...views, sample, view }));
      if (batch.length === views.clipsPerBatch) {
        yield batch;
        batch = [];
      }
    }
  }
  if (batch.length > 0) {
    yield batch;
  }
}
