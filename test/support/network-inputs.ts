/**
 * What the graphs of a network are fed in tests. In: a network, a shape, the values of its parameters and a seed. Out: every
 * input by name.
 */
import type { InputShape, Network, NetworkValues, StepShape } from '../../trainer-image/models/network.ts';
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
  const { clips } = shape;
  const target = fixtureTarget(clips, numClasses, loss === 'binaryCrossEntropy');
  const inputs = forwardInputs(network, shape, { parameters, seed });
  inputs.set('target', { data: target, dims: [clips, numClasses] });
  if (dropout > 0) {
    const data = fixtureMask(features, clips, dropout, seed);
    inputs.set('dropoutMask', { data, dims: [features, clips] });
  }
  if (lossScale !== undefined) {
    inputs.set('lossScale', { data: Float32Array.of(lossScale), dims: [] });
  }
  return inputs;
}

export function evaluationInputs(
  network: Network,
  shape: InputShape,
  { parameters, means, variances, seed }: NetworkValues & { readonly seed: number },
): Map<string, OracleTensor> {
  const inputs = forwardInputs(network, shape, { parameters, seed });
  for (const { name, channels } of network.normalizations) {
    inputs.set(`mean/${name}`, { data: means.get(name)!, dims: [channels] });
    inputs.set(`variance/${name}`, { data: variances.get(name)!, dims: [channels] });
  }
  return inputs;
}

/** Decoded pixels, uint8 `[N, T, H, W, 3]`. */
export function clipTensor(shape: InputShape, seed: number): OracleTensor {
  const { clips, frames, cropSize } = shape;
  return { data: fixtureClip(shape, seed), dims: [clips, frames, cropSize, cropSize, 3] };
}

/** Stored tensors and the clip. */
function forwardInputs(
  network: Network,
  shape: InputShape,
  { parameters, seed }: Omit<TrainingInputs, 'lossScale'>,
): Map<string, OracleTensor> {
  return new Map<string, OracleTensor>([
    ...network.parameters.map(({ name, dims }) => [name, { data: parameters.get(name)!, dims }] as const),
    ...network.frozen.map(({ name, dims, data }) => [name, { data: Float32Array.from(data), dims }] as const),
    ['clip', clipTensor(shape, seed)],
  ]);
}
