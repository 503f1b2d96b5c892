/**
 * What an exported model says of itself: where it comes from and how its clips are made. In: the settings of the run.
 * Out: key-value pairs for the metadata of model.onnx and of exported weights, written at the end of a run by `finish.ts`
 * and at any time by `multigrid export`.
 */
import type { TrainingSettings } from './settings.ts';

export interface ModelOrigin {
  readonly planHash: string;
  /** Names in label order; empty when the job names none. */
  readonly classNames: readonly string[];
}

export function modelMetadata(
  { modelName, full, augmentation }: Pick<TrainingSettings, 'modelName' | 'full' | 'augmentation'>,
  { planHash, classNames }: ModelOrigin,
): ReadonlyMap<string, string> {
  const { frames, stride, cropSize } = full;
  return new Map([
    ['framework', 'multigrid'],
    ['network', modelName],
    ['planHash', planHash],
    ['frames', String(frames)],
    ['stride', String(stride)],
    ['cropSize', String(cropSize)],
    ['shortSide', String(augmentation.jitterScales[0])],
    [
      'input',
      'clip: uint8 RGB [N, T, H, W, 3], frames every `stride` of the source; normalised inside the model',
    ],
    ['classes', JSON.stringify(classNames)],
  ]);
}
