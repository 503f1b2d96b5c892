/**
 * Exports a network of the zoo without training it, for scripts/check-export.py:
 *
 *   npm run sample-export -- i3d-nln-8x8-r50 exported [crop]
 *
 * In: a network's name. Out: a folder as `multigrid export --names pyslowfast` writes it. The weights are those that
 * training begins with, so attention and logits have the sizes that training gives them, but nothing stays at 0 or 1: norms
 * and biases are drawn around that, classifiers are drawn ten times as wide. Population statistics are those of the weights,
 * measured on clips of noise.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { argv } from 'node:process';
import { networkOf } from '../multigrid/api/network.ts';
import { ZOO } from '../multigrid/api/zoo.ts';
import { createNetwork } from '../trainer-image/models/create-network.ts';
import type { NetworkSpec, NetworkValues, ParameterInfo } from '../trainer-image/models/network.ts';
import { encodeWeights } from '../trainer-image/weights/export-tensors.ts';
import { fixtureClip, fixtureParameter, fixtureTarget } from '../test/support/fixture-values.ts';
import { OnnxOracle, type OracleTensor } from '../test/support/onnx-oracle.ts';

const SEED = 1;
const NUM_CLASSES = 16;
const CLIPS = 4;

const [name = '', folder = '', crop = '112'] = argv.slice(2);
const model = Object.keys(ZOO).find((known): known is keyof typeof ZOO => known === name);
if (model === undefined || folder === '') {
  throw new Error(`give a network and a folder; networks: ${Object.keys(ZOO).join(', ')}`);
}
const { architecture, frames } = ZOO[model];
const spec: NetworkSpec = networkOf({
  model: { name: model, numClasses: NUM_CLASSES, dropout: 0, architecture },
});
const shape = { clips: CLIPS, groups: 1, frames, cropSize: Number(crop) };
const network = createNetwork(spec);
const first = network.initialValues(SEED);
const parameters = new Map(network.parameters.map((parameter) => [parameter.name, valuesOf(parameter)]));
const values: NetworkValues = { parameters, ...(await measureStatistics()) };
const metadata = { network: name, frames: String(frames), cropSize: crop };
await mkdir(folder, { recursive: true });
await writeFile(
  join(folder, 'model.onnx'),
  network.exportModel(values, shape, new Map(Object.entries(metadata))),
);
const weights = encodeWeights(network, values, {
  names: 'pyslowfast',
  metadata: { ...metadata, architecture: JSON.stringify(spec) },
});
await writeFile(join(folder, 'weights.safetensors'), weights);

function valuesOf({ name: parameter, dims }: ParameterInfo): Float32Array {
  const drawn = required(first, parameter);
  if (dims.length > 1) {
    return parameter === 'head.weight' ? drawn.map((value) => 10 * value) : drawn;
  }
  // The last norm of a residual or non-local block begins at 0; training leaves it a part of the other norms.
  const isBlockEnd = parameter.endsWith('.gamma') && drawn.every((value) => value === 0);
  return fixtureParameter(parameter, dims, SEED).map((value) => (isBlockEnd ? 0.2 * value : value));
}

function required(values: ReadonlyMap<string, Float32Array>, key: string): Float32Array {
  const found = values.get(key);
  if (found === undefined) {
    throw new Error(`there is no ${key}`);
  }
  return found;
}

/** Means and variances of every norm over the clips, as training sees them. */
async function measureStatistics(): Promise<Pick<NetworkValues, 'means' | 'variances'>> {
  const oracle = await OnnxOracle.load(network.trainingGraph(shape).model);
  const inputs = new Map<string, OracleTensor>([
    ...network.parameters.map(
      ({ name: parameter, dims }) => [parameter, { data: required(parameters, parameter), dims }] as const,
    ),
    [
      'clip',
      { data: fixtureClip(shape, SEED), dims: [CLIPS, frames, shape.cropSize, shape.cropSize, 3] },
    ] as const,
    ['target', { data: fixtureTarget(CLIPS, NUM_CLASSES, false), dims: [CLIPS, NUM_CLASSES] }] as const,
  ]);
  const names = network.normalizations.flatMap((layer) => [`mean/${layer.name}`, `variance/${layer.name}`]);
  const outputs = await oracle.run(inputs, names);
  await oracle.release();
  const taken = (kind: string): ReadonlyMap<string, Float32Array> =>
    new Map(network.normalizations.map((layer) => [layer.name, required(outputs, `${kind}/${layer.name}`)]));
  return { means: taken('mean'), variances: taken('variance') };
}
