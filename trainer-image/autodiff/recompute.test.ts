/**
 * Blocks computed twice give the gradients of blocks kept, to the bit, and need less memory. Through whole networks,
 * since that is where blocks are marked.
 */
import { describe, expect, test } from '@jest/globals';
import { tinySlowFast } from '../../test/support/network-specs.ts';
import { openSgdStore } from '../../test/support/sgd-store.ts';
import { createEngine } from '../engine/create-engine.ts';
import { Graph } from '../graph/graph.ts';
import { createNetwork } from '../models/create-network.ts';
import type { GraphOptions, NetworkSpec, Precision } from '../models/network.ts';
import { NotEnoughMemoryError } from '../train/errors.ts';
import { StepKit } from '../train/steps/step-kit.ts';
import { emitGradients } from './backward.ts';
import { Tape } from './tape.ts';
import { trainingInputs } from '../../test/support/network-inputs.ts';
import { runOnce } from '../../test/support/onnx-oracle.ts';

const SHAPE = { clips: 4, groups: 2, frames: 8, cropSize: 20 };
const SEED = 5;

async function outputsOf(
  spec: NetworkSpec,
  options: GraphOptions,
): Promise<ReadonlyMap<string, ArrayLike<number>>> {
  const network = createNetwork(spec);
  const lossScale = options.precision === 'mixed' ? { lossScale: 1024 } : {};
  const parameters = network.initialValues(1);
  const inputs = trainingInputs(network, SHAPE, { parameters, seed: SEED, ...lossScale });
  const outputs = await runOnce(network.trainingGraph(SHAPE, options).model, inputs);
  return outputs;
}

describe('blocks computed twice', () => {
  const twoPathways: NetworkSpec = { ...tinySlowFast, zeroInitFinalGamma: false };
  const nonLocal: NetworkSpec = {
    ...twoPathways,
    nonLocal: { blocks: tinySlowFast.blocks.map(() => [0]), similarity: 'softmax' },
  };

  test.each<readonly [string, NetworkSpec, Precision]>([
    ['two pathways', twoPathways, 'float32'],
    ['non-local blocks', nonLocal, 'float32'],
    ['two pathways in mixed precision', twoPathways, 'mixed'],
    ['non-local blocks in mixed precision', nonLocal, 'mixed'],
  ])('give the same loss, statistics and gradients to the bit: %s', async (_, spec, precision) => {
    const kept = await outputsOf(spec, { precision });
    const twice = await outputsOf(spec, { precision, recomputes: true });
    expect([...twice.keys()]).toEqual([...kept.keys()]);
    for (const [name, values] of kept) {
      const again = twice.get(name)!;
      const different = Array.from(values).filter((value, index) => value !== again[index]).length;
      expect([name, different]).toEqual([name, 0]);
    }
  });

  test('fit into memory that the same step with everything kept does not', async () => {
    const network = createNetwork({
      ...tinySlowFast,
      family: 'i3d',
      width: 8,
      blocks: [12, 1],
      expansion: 4,
    });
    const fits = async (recompute: 'Never' | 'Always', activationMiB: number): Promise<boolean> => {
      const engine = await createEngine({ activationBytes: activationMiB * 2 ** 20 });
      const store = await openSgdStore(engine, network);
      const kit = new StepKit({ engine, network, store, cores: 1, microBatch: 0, recompute, seed: 1 });
      const probe = kit.probe({ clips: 4, groups: 1, frames: 4, cropSize: 32 });
      const end = await probe.catch((error: unknown) => error);
      await kit.dispose();
      store.dispose();
      engine.dispose();
      return !(end instanceof NotEnoughMemoryError);
    };
    let activationMiB = 9;
    while (await fits('Never', activationMiB)) {
      activationMiB *= 0.9;
    }
    expect(await fits('Always', activationMiB)).toBe(true);
  });

  test('wait for the gradient that they are needed for', () => {
    const graph = new Graph();
    const tape = new Tape(graph, { recomputesBlocks: true });
    const w = graph.input('w', 'float32', [2, 2]);
    const x = tape.apply('sigmoid', 'first', [w], {}).output;
    const y = tape.block(() => {
      const inner = tape.apply('tanh', 'inner', [x], {}).output;
      return tape.apply('multiply', 'inner', [inner, inner], {}).output;
    });
    const target = graph.input('target', 'float32', [2, 2]);
    const { output: loss } = tape.apply('softmaxCrossEntropy', 'loss', [y, target], {});
    const [gradient] = emitGradients(tape, loss, [w]);
    graph.output('loss', loss);
    graph.output('gradient', gradient!);
    const tanhs = graph.liveNodes().filter(({ operator }) => operator === 'Tanh');
    expect(tanhs.map(({ inputs }) => inputs.map(({ name }) => name.replace(/_\d+$/, '')))).toEqual([
      ['first/Sigmoid'],
      ['inner/gradient/inner/again/delay/Add'],
    ]);
  });
});
