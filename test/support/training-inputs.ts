/**
 * What a training graph is fed in tests. In: a network, a shape, the values of its parameters and a seed. Out: every input by
 * name; the graph decides which it has.
 */
import type { Network, StepShape } from '../../trainer-image/models/network.ts';
import { fixtureClip, fixtureMask, fixtureTarget } from './fixture-values.ts';
import type { OracleTensor } from './onnx-oracle.ts';

export interface TrainingInputs {
  readonly parameters: ReadonlyMap<string, Float32Array>;
  readonly seed: number;
  /** Of mixed precision; other graphs have no such input. */
  readonly lossScale?: number;
}

export function trainingInputs(
  network: Network,
  shape: StepShape,
  { parameters, seed, lossScale }: TrainingInputs,
): Map<string, OracleTensor> {
  const { numClasses, dropout, features, loss } = network;
  const { clips, frames, cropSize } = shape;
  const target = fixtureTarget(clips, numClasses, loss === 'binaryCrossEntropy');
  const inputs = new Map<string, OracleTensor>([
    ...network.parameters.map(({ name, dims }) => [name, { data: parameters.get(name)!, dims }] as const),
    ['clip', { data: fixtureClip(shape, seed), dims: [clips, frames, cropSize, cropSize, 3] }],
    ['target', { data: target, dims: [clips, numClasses] }],
  ]);
  if (dropout > 0) {
    const data = fixtureMask(features, clips, dropout, seed);
    inputs.set('dropoutMask', { data, dims: [features, clips] });
  }
  if (lossScale !== undefined) {
    inputs.set('lossScale', { data: Float32Array.of(lossScale), dims: [] });
  }
  return inputs;
}
