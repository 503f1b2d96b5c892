/**
 * What a checkpoint holds and how it becomes bytes: weights, what the optimizer remembers, batch-norm statistics, the place
 * in training and the job it is of. Pure. `checkpoint-store.ts` keeps the bytes on disk; `state.ts` takes them from and gives
 * them to a live training.
 * All randomness is a function of (seed, epoch, sample, view), so the seed is all there is to keep of it.
 */
import { type JobIdentity, readIdentity } from '../../../multigrid/object/job-identity.ts';
import type { CheckpointReference } from '../../../multigrid/progress.ts';
import { decodeTensorFile, encodeTensorFile, type NamedArray } from '../../weights/safetensors.ts';
import type { LossScaleState } from '../state/loss-scale.ts';

/** The place in training that a checkpoint was taken at; `iteration` counts iterations done. */
export interface CheckpointPlace {
  readonly planHash: string;
  readonly iteration: number;
  /** Whole epochs done, and the place in the present one's permutation and short cycle. */
  readonly epoch: number;
  readonly iterationInEpoch: number;
  readonly shortCycleIndex: number;
  /** The epoch just ended, and its evaluation was still to come. */
  readonly isBorderPending: boolean;
  readonly seed: number;
  readonly worldSize: number;
  /** Mixed precision's loss scale; null when training is float32. */
  readonly lossScale: LossScaleState | null;
  /** Steps so far that mixed precision left out. */
  readonly skippedSteps: number;
  /** Training wall-clock so far, without the time the run stood still. */
  readonly seconds: number;
}

/** What the others of several workers know of a checkpoint, which the first alone writes and reads. */
export function ofFirstWorker({ iteration, epoch }: Omit<CheckpointReference, 'path'>): CheckpointReference {
  return { path: 'of the first worker', iteration, epoch };
}

export interface LayerStatistics {
  /** Batch-norm groups at the time; evaluation and other group counts go through their aggregate. */
  readonly groups: number;
  /** `[groups * channels]`, group-major. */
  readonly mean: Float32Array;
  readonly variance: Float32Array;
}

export interface Checkpoint {
  readonly place: CheckpointPlace;
  readonly parameters: ReadonlyMap<string, NamedArray>;
  /** What the optimizer remembers of every parameter, by its slots. */
  readonly slots: ReadonlyMap<string, ReadonlyMap<string, NamedArray>>;
  readonly statistics: ReadonlyMap<string, LayerStatistics>;
}

/** The bytes are no checkpoint of this product, or of another version of it. */
export class CheckpointFormatError extends Error {
  override readonly name = 'CheckpointFormatError';
}

const FORMAT = 'multigrid-checkpoint/1';

/** A checkpoint as it is read back. */
export interface StoredCheckpoint extends Checkpoint {
  /** The job that wrote it; null: of a version that did not say so. */
  readonly job: JobIdentity | null;
}

/** Encodes a checkpoint as a safetensors file; the place and the job that it is of go into its metadata. */
export function encodeCheckpoint(checkpoint: Checkpoint, job: JobIdentity | null): Uint8Array {
  const tensors: NamedArray[] = [];
  for (const [name, array] of checkpoint.parameters) {
    tensors.push({ ...array, name: `parameter/${name}` });
  }
  for (const [slot, arrays] of checkpoint.slots) {
    for (const [name, array] of arrays) {
      tensors.push({ ...array, name: `${slot}/${name}` });
    }
  }
  for (const [name, layer] of checkpoint.statistics) {
    const dims = [layer.groups, layer.mean.length / layer.groups];
    tensors.push({ name: `mean/${name}`, dims, data: layer.mean });
    tensors.push({ name: `variance/${name}`, dims, data: layer.variance });
  }
  return encodeTensorFile(tensors, {
    format: FORMAT,
    place: JSON.stringify(checkpoint.place),
    job: JSON.stringify(job),
  });
}

/**
 * Decodes a checkpoint.
 *
 * @throws WeightsFileError when the bytes are cut off.
 * @throws CheckpointFormatError when they are another kind of file, or statistics miss their other half.
 */
export function decodeCheckpoint(bytes: Uint8Array): StoredCheckpoint {
  const file = decodeTensorFile(bytes);
  if (file.metadata['format'] !== FORMAT) {
    throw new CheckpointFormatError(
      `the file says its format is ${file.metadata['format'] ?? 'unknown'}; this version reads ${FORMAT}`,
    );
  }
  const parameters = new Map<string, NamedArray>();
  const slots = new Map<string, Map<string, NamedArray>>();
  const statistics = new Map<string, LayerStatistics>();
  for (const [key, array] of file.tensors) {
    const slash = key.indexOf('/');
    const name = key.slice(slash + 1);
    const kind = key.slice(0, slash);
    switch (kind) {
      case 'parameter':
        parameters.set(name, { ...array, name });
        break;
      case 'mean':
        statistics.set(name, layerStatistics(name, array, file.tensors.get(`variance/${name}`)));
        break;
      case 'variance':
        break;
      default: {
        const slot = slots.get(kind) ?? new Map<string, NamedArray>();
        slots.set(kind, slot.set(name, { ...array, name }));
      }
    }
  }
  const job = readIdentity(JSON.parse(file.metadata['job'] ?? 'null'));
  return { place: readPlace(file.metadata['place']), job, parameters, slots, statistics };
}

function layerStatistics(name: string, mean: NamedArray, variance: NamedArray | undefined): LayerStatistics {
  if (variance?.data.length !== mean.data.length || mean.dims[0] === undefined) {
    throw new CheckpointFormatError(`the statistics of ${name} are incomplete`);
  }
  return { groups: mean.dims[0], mean: mean.data, variance: variance.data };
}

function readPlace(text: string | undefined): CheckpointPlace {
  const place: unknown = JSON.parse(text ?? 'null');
  if (!isPlace(place)) {
    throw new CheckpointFormatError('the checkpoint does not say where in training it was taken');
  }
  return { ...place, lossScale: place.lossScale ?? null, skippedSteps: place.skippedSteps ?? 0 };
}

/** Checkpoints of earlier versions have no loss scale, and do not count the steps that were left out for it. */
type StoredPlace = Omit<CheckpointPlace, 'lossScale' | 'skippedSteps'> &
  Partial<Pick<CheckpointPlace, 'lossScale' | 'skippedSteps'>>;

function isPlace(value: unknown): value is StoredPlace {
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  const fields = new Map<string, unknown>(Object.entries(value));
  const counts = [
    'iteration',
    'epoch',
    'iterationInEpoch',
    'shortCycleIndex',
    'seed',
    'worldSize',
    'seconds',
  ];
  return (
    typeof fields.get('planHash') === 'string' &&
    typeof fields.get('isBorderPending') === 'boolean' &&
    counts.every((name) => Number.isFinite(fields.get(name))) &&
    Number.isFinite(fields.get('skippedSteps') ?? 0) &&
    isLossScale(fields.get('lossScale') ?? null)
  );
}

function isLossScale(value: unknown): boolean {
  return (
    value === null ||
    (typeof value === 'object' &&
      'scale' in value &&
      Number.isFinite(value.scale) &&
      'finiteSteps' in value &&
      Number.isFinite(value.finiteSteps))
  );
}
