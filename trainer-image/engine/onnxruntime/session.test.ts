import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { tinyModel } from '../../../test/support/tiny-onnx.ts';
import type { TinyPort } from '../../../test/support/tiny-onnx.ts';
import { createEngine } from '../create-engine.ts';
import type { Engine } from '../engine.ts';

const relu = (x: TinyPort, y: TinyPort): Uint8Array =>
  tinyModel([x], [y], [{ op: 'Relu', inputs: ['x'], outputs: ['y'] }]);
const MODEL = relu({ name: 'x', dims: [2] }, { name: 'y', dims: [2] });

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine();
});
afterAll(() => {
  engine.dispose();
});

describe('a session', () => {
  test('lists the inputs and outputs of its model in order', async () => {
    const model = tinyModel(
      [
        { name: 'b', dims: [2] },
        { name: 'a', dims: [2] },
      ],
      [
        { name: 'sum/é', dims: [2] },
        { name: 'product', dims: [2] },
      ],
      [
        { op: 'Add', inputs: ['a', 'b'], outputs: ['sum/é'] },
        { op: 'Mul', inputs: ['a', 'b'], outputs: ['product'] },
      ],
    );
    const session = await engine.createSession(model, { threads: 1 });
    expect(session.inputNames).toEqual(['b', 'a']);
    expect(session.outputNames).toEqual(['sum/é', 'product']);
    session.dispose();
  });

  test.each([
    ['bytes that are no protobuf', Uint8Array.from([1, 2, 3, 255, 255]), 'invalid-protobuf'],
    ['no bytes', new Uint8Array(0), 'invalid-argument'],
    [
      'a node whose input comes from nowhere',
      tinyModel([], [{ name: 'y', dims: [1] }], [{ op: 'Relu', inputs: ['x'], outputs: ['y'] }]),
      'invalid-argument',
    ],
    [
      'an operator that does not exist',
      tinyModel(
        [{ name: 'x', dims: [1] }],
        [{ name: 'y', dims: [1] }],
        [{ op: 'Rule', inputs: ['x'], outputs: ['y'] }],
      ),
      'invalid-graph',
    ],
    [
      'an element type the engine does not carry',
      relu({ name: 'x', type: 'double', dims: [1] }, { name: 'y', type: 'double', dims: [1] }),
      'not-implemented',
    ],
  ])('refuses %s', async (_, model, code) => {
    await expect(engine.createSession(model, { threads: 1 })).rejects.toEqual(
      expect.objectContaining({ name: 'EngineError', code }),
    );
  });

  test('keeps its engine alive: the engine refuses to end before it', async () => {
    const own = await createEngine();
    const loading = own.createSession(MODEL, { threads: 1 });
    expect(() => {
      own.dispose();
    }).toThrow(/1 of its sessions/);
    const session = await loading;
    expect(() => {
      own.dispose();
    }).toThrow(/1 of its sessions/);
    session.dispose();
    own.dispose();
    own.dispose();
    await expect(own.createSession(MODEL, { threads: 1 })).rejects.toThrow(/engine was disposed/);
  });

  test('runs with several threads to the same result', async () => {
    const side = 96;
    const model = tinyModel(
      [{ name: 'x', dims: [side, side] }],
      [{ name: 'y', dims: [side, side] }],
      [{ op: 'MatMul', inputs: ['x', 'x'], outputs: ['y'] }],
    );
    const x = Float32Array.from({ length: side * side }, (_, at) => at % 7);
    const results: Float32Array[] = [];
    for (const threads of [1, 2, 3]) {
      const session = await engine.createSession(model, { threads });
      const y = new Float32Array(side * side);
      const port = (data: Float32Array) => ({ type: 'float32', dims: [side, side], data }) as const;
      const binding = session.bind(new Map([['x', port(x)]]), new Map([['y', port(y)]]));
      await binding.run();
      results.push(y);
      session.dispose();
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
    expect(results[0]!.some((value) => value > 0)).toBe(true);
  });
});
