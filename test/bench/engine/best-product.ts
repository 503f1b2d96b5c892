/**
 * The fastest matrix product that ONNX Runtime reaches on this machine: the measure for how busy a step keeps the cores. In: a number of
 * threads. Out: GFLOP/s, the best of several sizes.
 */
import { createEngine } from '../../../trainer-image/engine/create-engine.ts';
import { encodeModel } from '../../../trainer-image/graph/encode.ts';
import { Graph } from '../../../trainer-image/graph/graph.ts';
import { matrixProduct } from '../../../trainer-image/graph/product.ts';
import type { Tensor } from '../../../trainer-image/engine/engine.ts';

const SIDES = [512, 1024, 2048];
const ROUNDS = 12;

export async function bestProduct(threads: number): Promise<number> {
  const engine = await createEngine();
  let best = 0;
  for (const side of SIDES) {
    const graph = new Graph();
    const [a, b] = [graph.input('a', 'float32', [side, side]), graph.input('b', 'float32', [side, side])];
    graph.output('product', matrixProduct(graph, a, b));
    const session = await engine.createSession(encodeModel(graph, { graphName: 'product' }), { threads });
    const tensor = (): Tensor => ({
      type: 'float32',
      dims: [side, side],
      data: new Float32Array(side * side).fill(0.5),
    });
    const binding = session.bind(
      new Map([
        ['a', tensor()],
        ['b', tensor()],
      ]),
      new Map([['product', tensor()]]),
    );
    for (let round = 0; round < ROUNDS; round += 1) {
      const startMs = performance.now();
      await binding.run();
      best = Math.max(best, (2 * side ** 3) / (performance.now() - startMs) / 1e6);
    }
    session.dispose();
  }
  engine.dispose();
  return best;
}
