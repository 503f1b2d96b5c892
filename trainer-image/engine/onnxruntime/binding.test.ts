import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { tinyModel } from '../../../test/support/tiny-onnx.ts';
import { createEngine } from '../create-engine.ts';
import type { Engine, Session, Tensor } from '../engine.ts';

interface FloatTensor extends Tensor {
  readonly data: Float32Array;
}

const float32 = (dims: readonly number[], data: Float32Array): FloatTensor => ({
  type: 'float32',
  dims,
  data,
});
const zeros = (...dims: readonly number[]): FloatTensor =>
  float32(dims, new Float32Array(dims.reduce((product, dim) => product * dim, 1)));
const ramp = (seed: number, ...dims: readonly number[]): FloatTensor => {
  const tensor = zeros(...dims);
  tensor.data.forEach((_, at) => {
    tensor.data[at] = Math.sin(seed + at);
  });
  return tensor;
};
const inputs = (entries: Readonly<Record<string, Tensor>>): ReadonlyMap<string, Tensor> =>
  new Map(Object.entries(entries));

/** y = x + b over [2, 3]. */
const ADD = tinyModel(
  [
    { name: 'x', dims: [2, 3] },
    { name: 'b', dims: [3] },
  ],
  [{ name: 'y', dims: [2, 3] }],
  [{ op: 'Add', inputs: ['x', 'b'], outputs: ['y'] }],
);

/** `depth` matrix products in a row: `depth` places to stop at. */
const chain = (depth: number, side: number): Uint8Array =>
  tinyModel(
    [
      { name: 'x', dims: [side, side] },
      { name: 'w', dims: [side, side] },
    ],
    [{ name: `x${depth}`, dims: [side, side] }],
    Array.from({ length: depth }, (_, at) => ({
      op: 'MatMul',
      inputs: [at === 0 ? 'x' : `x${at}`, 'w'],
      outputs: [`x${at + 1}`],
    })),
  );

let engine: Engine;
let add: Session;
beforeAll(async () => {
  engine = await createEngine();
  add = await engine.createSession(ADD, { threads: 1 });
});
afterAll(() => {
  add.dispose();
  engine.dispose();
});

describe('a binding', () => {
  test('reads and writes ordinary and shared memory in place, run after run', async () => {
    const x = float32([2, 3], new Float32Array(new SharedArrayBuffer(24)));
    const b = zeros(3);
    const y = float32([2, 3], new Float32Array(6));
    const binding = add.bind(inputs({ x, b }), inputs({ y }));
    x.data.set([1, 2, 3, 4, 5, 6]);
    b.data.set([10, 20, 30]);
    await binding.run();
    expect([...y.data]).toEqual([11, 22, 33, 14, 25, 36]);
    b.data.set([0, 0, 1]);
    await binding.run();
    expect([...y.data]).toEqual([1, 2, 4, 4, 5, 7]);
    binding.dispose();
  });

  test('works on a part of a larger array', async () => {
    const memory = new Float32Array(20);
    const y = float32([2, 3], memory.subarray(7, 13));
    const binding = add.bind(
      inputs({ x: float32([2, 3], memory.subarray(1, 7)), b: zeros(3) }),
      inputs({ y }),
    );
    memory.fill(5, 1, 7);
    await binding.run();
    expect([...memory]).toEqual([0, ...Array<number>(12).fill(5), ...Array<number>(7).fill(0)]);
    binding.dispose();
  });

  test('can be given another input, of another size where the model leaves it open', async () => {
    const model = tinyModel(
      [{ name: 'x', dims: ['n', 2] }],
      [{ name: 'y', dims: [1, 1] }],
      [{ op: 'ReduceMax', inputs: ['x'], outputs: ['y'] }],
    );
    const session = await engine.createSession(model, { threads: 1 });
    const y = zeros(1, 1);
    const binding = session.bind(inputs({ x: float32([1, 2], Float32Array.of(1, 2)) }), inputs({ y }));
    await binding.run();
    expect(y.data[0]).toBe(2);
    binding.rebindInput('x', float32([2, 2], Float32Array.of(1, 2, 5, 4)));
    await binding.run();
    expect(y.data[0]).toBe(5);
    expect(() => {
      binding.rebindInput('x', zeros(2, 3));
    }).toThrow(/input "x" is float32 \[\?, 2\]/);
    await binding.run();
    expect(y.data[0]).toBe(5);
    session.dispose();
  });

  test('refuses tensors that do not fit, and says which', () => {
    const [x, b, y] = [zeros(2, 3), zeros(3), zeros(2, 3)];
    const bind = (given: Readonly<Record<string, Tensor>>, taken: Readonly<Record<string, Tensor>>) => () =>
      add.bind(inputs(given), inputs(taken));
    expect(bind({ x }, { y })).toThrow(/no tensor is given for input b/);
    expect(bind({ x, b }, {})).toThrow(/no tensor is given for output y/);
    expect(bind({ x, b, c: b }, { y })).toThrow(/no input "c"; it has x, b/);
    expect(bind({ x: zeros(6), b }, { y })).toThrow(/input "x" is float32 \[2, 3\].*tensor is float32 \[6\]/);
    expect(bind({ x, b }, { y: zeros(3, 2) })).toThrow(/output "y" is float32 \[2, 3\].*\[3, 2\]/);
    expect(bind({ x: float32([2, 3], new Float32Array(5)), b }, { y })).toThrow(
      /needs 6 elements, its data has 5/,
    );
    const bytes: Tensor = { type: 'uint8', dims: [3], data: new Uint8Array(3) };
    expect(bind({ x, b: bytes }, { y })).toThrow(/input "b" is float32 \[3\].*uint8 \[3\]/);
    expect(bind({ x, b: { ...bytes, type: 'float32' } }, { y })).toThrow(
      /float32 \[3\] cannot lie in a Uint8Array/,
    );
  });

  test('ends a run when its signal aborts, and runs again afterwards', async () => {
    const [depth, side] = [2000, 160];
    const session = await engine.createSession(chain(depth, side), { threads: 1 });
    const [x, w, last] = [ramp(1, side, side), zeros(side, side), zeros(side, side)];
    const binding = session.bind(inputs({ x, w }), inputs({ [`x${depth}`]: last }));
    const reason = new Error('Ctrl-C');
    const controller = new AbortController();
    const run = binding.run(controller.signal);
    setTimeout(() => {
      controller.abort(reason);
    }, 5);
    await expect(run).rejects.toBe(reason);
    await expect(binding.run(controller.signal)).rejects.toBe(reason);
    for (let at = 0; at < side; at++) {
      w.data[at * side + at] = 1;
    }
    await binding.run(new AbortController().signal);
    expect(Buffer.from(last.data.buffer).equals(Buffer.from(x.data.buffer))).toBe(true);
    session.dispose();
  });

  test('refuses everything else while its run is pending', async () => {
    const [x, w, last] = [ramp(1, 64, 64), ramp(2, 64, 64), zeros(64, 64)];
    const session = await engine.createSession(chain(300, 64), { threads: 1 });
    const binding = session.bind(inputs({ x, w }), inputs({ x300: last }));
    const run = binding.run();
    const busy = expect.objectContaining({ code: 'busy' });
    await expect(binding.run()).rejects.toEqual(busy);
    const refused = [
      () => {
        binding.rebindInput('x', x);
      },
      () => {
        binding.dispose();
      },
      () => {
        session.dispose();
      },
      () => {
        engine.dispose();
      },
    ];
    refused.forEach((act) => {
      expect(act).toThrow(busy);
    });
    await run;
    session.dispose();
    session.dispose();
    await expect(binding.run()).rejects.toEqual(expect.objectContaining({ code: 'disposed' }));
    expect(() => session.bind(inputs({ x, w }), inputs({ x300: last }))).toThrow(/disposed/);
  });

  test('runs beside other bindings of its session with the same bits as alone', async () => {
    const [depth, side] = [40, 48];
    const session = await engine.createSession(chain(depth, side), { threads: 1 });
    const w = ramp(3, side, side);
    w.data.forEach((value, at) => {
      w.data[at] = value / 5;
    });
    const lanes = [0, 1, 2].map((lane) => {
      const last = zeros(side, side);
      const binding = session.bind(inputs({ x: ramp(lane, side, side), w }), inputs({ [`x${depth}`]: last }));
      return { binding, last };
    });
    const results = (): readonly string[] =>
      lanes.map(({ last }) => Buffer.from(last.data.buffer).toString('base64'));
    for (const { binding } of lanes) {
      await binding.run();
    }
    const alone = results();
    expect(new Set(alone).size).toBe(lanes.length);
    for (let round = 0; round < 10; round++) {
      lanes.forEach(({ last }) => last.data.fill(0));
      await Promise.all(lanes.map(({ binding }) => binding.run()));
      expect(results()).toEqual(alone);
    }
    session.dispose();
  });
});
