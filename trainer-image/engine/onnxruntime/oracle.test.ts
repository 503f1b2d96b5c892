import { describe, expect, test } from '@jest/globals';
import { InferenceSession, Tensor as PublicTensor } from 'onnxruntime-node';
import { tinyModel } from '../../../test/support/tiny-onnx.ts';
import { createEngine } from '../create-engine.ts';
import type { Tensor } from '../engine.ts';

/** A small network with the operators a step is made of, forward only. */
const MODEL = tinyModel(
  [
    { name: 'clip', type: 'uint8', dims: [2, 3, 4, 9, 9] },
    { name: 'kernel', dims: [8, 3, 3, 3, 3] },
    { name: 'classes', dims: [8, 5] },
    { name: 'flat', type: 'int64', dims: [2] },
  ],
  [
    { name: 'probabilities', dims: [2, 5] },
    { name: 'features', dims: [2, 8, 1, 1, 1] },
  ],
  [
    { op: 'Cast', inputs: ['clip'], outputs: ['pixels'], ints: { to: 1 } },
    {
      op: 'Conv',
      inputs: ['pixels', 'kernel'],
      outputs: ['maps'],
      ints: { pads: [1, 1, 1, 1, 1, 1], strides: [1, 2, 2] },
    },
    { op: 'Relu', inputs: ['maps'], outputs: ['active'] },
    { op: 'GlobalAveragePool', inputs: ['active'], outputs: ['features'] },
    { op: 'Reshape', inputs: ['features', 'flat'], outputs: ['rows'] },
    { op: 'MatMul', inputs: ['rows', 'classes'], outputs: ['logits'] },
    { op: 'Softmax', inputs: ['logits'], outputs: ['probabilities'], ints: { axis: 1 } },
  ],
);

const wave = (length: number, step: number): Float32Array =>
  Float32Array.from({ length }, (_, at) => Math.sin(at * step));

const INPUTS: readonly (readonly [string, Tensor])[] = [
  [
    'clip',
    {
      type: 'uint8',
      dims: [2, 3, 4, 9, 9],
      data: Uint8Array.from({ length: 1944 }, (_, at) => (at * 37) % 256),
    },
  ],
  ['kernel', { type: 'float32', dims: [8, 3, 3, 3, 3], data: wave(648, 0.7) }],
  ['classes', { type: 'float32', dims: [8, 5], data: wave(40, 1.3) }],
  ['flat', { type: 'int64', dims: [2], data: BigInt64Array.of(2n, 8n) }],
];

describe('the engine', () => {
  test.each([1, 2])(
    'computes the same bits as the public binding of ONNX Runtime, %d threads',
    async (threads) => {
      const oracle = await InferenceSession.create(MODEL, { intraOpNumThreads: threads });
      const expected = await oracle.run(
        Object.fromEntries(
          INPUTS.map(([name, { type, dims, data }]) => [name, new PublicTensor(type, data, [...dims])]),
        ),
      );
      const engine = await createEngine();
      const session = await engine.createSession(MODEL, { threads });
      const probabilities = new Float32Array(10);
      const features = new Float32Array(16);
      const binding = session.bind(
        new Map(INPUTS),
        new Map([
          ['probabilities', { type: 'float32', dims: [2, 5], data: probabilities }],
          ['features', { type: 'float32', dims: [2, 8, 1, 1, 1], data: features }],
        ]),
      );
      await binding.run();
      expect(probabilities).toEqual(expected['probabilities']?.data);
      expect(features).toEqual(expected['features']?.data);
      expect(new Set(features).size).toBeGreaterThan(8);
      session.dispose();
      engine.dispose();
      // One native library serves both: ending ours leaves the other working.
      expect(engine.version).toMatch(/^1\.30\./);
      await oracle.run(
        Object.fromEntries(
          INPUTS.map(([name, { type, dims, data }]) => [name, new PublicTensor(type, data, [...dims])]),
        ),
      );
      await oracle.release();
    },
  );
});
