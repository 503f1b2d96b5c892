/**
 * The model people take away, run by the public binding: same logits as the evaluation graph, any number of clips.
 */
import { fromBinary } from '@bufbuild/protobuf';
import { describe, expect, test } from '@jest/globals';
import { ModelProtoSchema } from 'onnx-buf';
import { clipTensor, evaluationInputs } from '../../test/support/network-inputs.ts';
import { tinySlowFast } from '../../test/support/network-specs.ts';
import { runOnce } from '../../test/support/onnx-oracle.ts';
import type { OracleTensor } from '../../test/support/onnx-oracle.ts';
import { trainedValues } from '../../test/support/trained-values.ts';
import { createNetwork } from './create-network.ts';
import { MissingValueError } from './exported-values.ts';
import type { Network, NetworkSpec, NetworkValues } from './network.ts';

const SEED = 3;
const [FRAMES, CROP] = [8, 21];

const clipOf = (clips: number): OracleTensor => clipTensor({ clips, frames: FRAMES, cropSize: CROP }, SEED);

async function evaluate(network: Network, values: NetworkValues, clips: number): Promise<Float32Array> {
  const shape = { clips, frames: FRAMES, cropSize: CROP };
  const { model } = network.evaluationGraph(shape);
  const outputs = await runOnce(model, evaluationInputs(network, shape, { ...values, seed: SEED }));
  return outputs.get('logits')!;
}

const NON_LOCAL = [[1], [0]];

describe.each([
  ['slowfast', {}],
  ['i3d', {}],
  ['c2d', {}],
  ['slow', {}],
  ['slowfast, non-local', { nonLocal: { blocks: NON_LOCAL, similarity: 'dot-product' } }],
  ['i3d, non-local', { nonLocal: { blocks: NON_LOCAL, similarity: 'softmax' } }],
] as const)('the exported %s', (title, change) => {
  const family = title.split(',')[0] as NetworkSpec['family'];
  const network = createNetwork({ ...tinySlowFast, family, blocks: [2, 1], ...change });
  const values = trainedValues(network, SEED);
  const model = network.exportModel(
    values,
    { frames: FRAMES, cropSize: CROP },
    new Map([['classes', 'a,b,c']]),
  );

  test.each([1, 2, 5])('gives the logits of the evaluation graph for %i clips', async (clips) => {
    const outputs = await runOnce(model, new Map([['clip', clipOf(clips)]]));
    const expected = await evaluate(network, values, clips);
    const logits = outputs.get('logits')!;
    expect(logits).toHaveLength(clips * 3);
    const largest = Math.max(...expected.map(Math.abs));
    expected.forEach((value, index) => {
      expect(Math.abs(logits[index]! - value) / largest).toBeLessThan(1e-5);
    });
    const probabilities = outputs.get('probabilities')!;
    const row = logits.slice(0, 3).map((value) => Math.exp(value - Math.max(...logits.slice(0, 3))));
    const total = row.reduce((sum, value) => sum + value, 0);
    row.forEach((value, index) => {
      expect(probabilities[index]).toBeCloseTo(value / total, 5);
    });
  });

  test('leaves N free, stores its weights and says how to use it', () => {
    const { graph, metadataProps, opsetImport } = fromBinary(ModelProtoSchema, model);
    expect(graph!.input.map(({ name }) => name)).toEqual(['clip']);
    const tensor = graph!.input[0]!.type!.value;
    const [batch, frames] = tensor.case === 'tensorType' ? tensor.value.shape!.dim : [];
    expect(batch!.value).toEqual({ case: 'dimParam', value: 'N' });
    expect(frames!.value).toEqual({ case: 'dimValue', value: BigInt(FRAMES) });
    expect(opsetImport.map(({ domain }) => domain)).toEqual(['']);
    expect(graph!.node.some(({ opType }) => opType === 'BatchNormalization')).toBe(false);
    const metadata = new Map(metadataProps.map(({ key, value }) => [key, value]));
    expect(metadata.get('classes')).toBe('a,b,c');
    expect(metadata.get('frames')).toBe('8');
    expect(metadata.get('preprocessing')).toContain('(x / 255 - 0.45) / 0.225');
  });

  test('needs every value of the network', () => {
    const incomplete = { ...values, variances: new Map() };
    expect(() => network.exportModel(incomplete, { frames: FRAMES, cropSize: CROP }, new Map())).toThrow(
      MissingValueError,
    );
  });
});

test('a network for several labels per clip is exported with sigmoid probabilities', async () => {
  const network = createNetwork({ ...tinySlowFast, loss: 'binaryCrossEntropy' });
  const model = network.exportModel(
    trainedValues(network, SEED),
    { frames: FRAMES, cropSize: CROP },
    new Map(),
  );
  const outputs = await runOnce(model, new Map([['clip', clipOf(1)]]));
  outputs.get('logits')!.forEach((value, index) => {
    expect(outputs.get('probabilities')![index]).toBeCloseTo(1 / (1 + Math.exp(-value)), 5);
  });
});
