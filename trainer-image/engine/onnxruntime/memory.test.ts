import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { memoryUsage } from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { tinyModel } from '../../../test/support/tiny-onnx.ts';
import { createEngine } from '../create-engine.ts';
import type { Binding, Engine, Tensor } from '../engine.ts';

setFlagsFromString('--expose-gc');
const collect: unknown = runInNewContext('gc');
function collectGarbage(): void {
  if (typeof collect !== 'function') {
    throw new TypeError('no garbage collector to call');
  }
  Reflect.apply(collect, undefined, []);
}

const tensor = (data: Float32Array): Tensor => ({ type: 'float32', dims: [data.length], data });
const doubling = (size: number): Uint8Array =>
  tinyModel(
    [{ name: 'x', dims: [size] }],
    [{ name: 'y', dims: [size] }],
    [
      { op: 'Abs', inputs: ['x'], outputs: ['a'] },
      { op: 'Add', inputs: ['x', 'a'], outputs: ['y'] },
    ],
  );

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine();
});
afterAll(() => {
  engine.dispose();
});

describe('native memory', () => {
  test('stays valid when nobody but the binding knows the arrays and garbage is collected all the time', async () => {
    const size = 12;
    const session = await engine.createSession(doubling(size), { threads: 1 });
    const make = (value: number): { binding: Binding; y: WeakRef<Float32Array> } => {
      const y = new Float32Array(size);
      const x = tensor(new Float32Array(size).fill(value));
      return {
        binding: session.bind(new Map([['x', x]]), new Map([['y', tensor(y)]])),
        y: new WeakRef(y),
      };
    };
    const made = Array.from({ length: 60 }, (_, value) => make(value));
    for (let round = 0; round < 4; round++) {
      const runs = made.map(({ binding }) => binding.run());
      collectGarbage();
      await Promise.all(runs);
      collectGarbage();
    }
    made.forEach(({ y }, value) => {
      expect([...(y.deref() ?? [])]).toEqual(Array<number>(size).fill(2 * value));
    });
    session.dispose();
  });

  test('is never freed between taking an address and using it', async () => {
    const model = tinyModel(
      [{ name: 'x', dims: ['n'] }],
      [{ name: 'y', dims: ['n'] }],
      [{ op: 'Abs', inputs: ['x'], outputs: ['y'] }],
    );
    const session = await engine.createSession(model, { threads: 1 });
    const small = (): Tensor => tensor(new Float32Array(4));
    const binding = session.bind(new Map([['x', small()]]), new Map([['y', small()]]));
    let garbage: number[][] = [];
    for (let turn = 0; turn < 40_000; turn++) {
      binding.rebindInput('x', small());
      garbage = turn % 1000 === 0 ? [] : [...garbage.slice(-20), new Array<number>(50).fill(turn)];
    }
    expect(garbage.length).toBeGreaterThan(0);
    await binding.run();
    session.dispose();
  });

  test('keeps the library itself mapped when nothing but function pointers into it is left', async () => {
    const own = await createEngine();
    for (let round = 0; round < 3; round++) {
      collectGarbage();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const session = await own.createSession(doubling(3), { threads: 1 });
    expect(session.inputNames).toEqual(['x']);
    session.dispose();
    own.dispose();
  });

  test('of activations is shared: twelve sessions of different shapes need little more than the largest', async () => {
    const sizes = Array.from({ length: 12 }, (_, at) => 5_000_000 - at * 100_000);
    const [x, y] = [new Float32Array(sizes[0]!), new Float32Array(sizes[0]!)];
    const part = (data: Float32Array, size: number): Tensor => tensor(data.subarray(0, size));
    x.fill(1);
    y.fill(1);
    const before = memoryUsage.rss();
    const sessions = [];
    for (const size of sizes) {
      const session = await engine.createSession(doubling(size), { threads: 1 });
      const binding = session.bind(new Map([['x', part(x, size)]]), new Map([['y', part(y, size)]]));
      await binding.run();
      expect(y[size - 1]).toBe(2);
      sessions.push(session);
    }
    // One intermediate value of 20 MB each: 235 MB if every session had memory of its own.
    expect((memoryUsage.rss() - before) / 1e6).toBeLessThan(120);
    sessions.forEach((session) => {
      session.dispose();
    });
  });

  test('is given back: 150 sessions with their memory leave no trace', async () => {
    const size = 1_000_000;
    const model = doubling(size);
    const [x, y] = [tensor(new Float32Array(size)), tensor(new Float32Array(size))];
    const cycle = async (): Promise<void> => {
      const session = await engine.createSession(model, { threads: 1 });
      const binding = session.bind(new Map([['x', x]]), new Map([['y', y]]));
      await binding.run();
      binding.rebindInput('x', x);
      await binding.run();
      binding.dispose();
      session.bind(new Map([['x', x]]), new Map([['y', y]]));
      session.dispose();
    };
    for (let warmUp = 0; warmUp < 10; warmUp++) {
      await cycle();
    }
    collectGarbage();
    const before = memoryUsage.rss();
    for (let turn = 0; turn < 150; turn++) {
      await cycle();
    }
    collectGarbage();
    // Every session's intermediate value alone is 4 MB: leaked, they would be 600 MB. The allocator may keep some.
    expect((memoryUsage.rss() - before) / 1e6).toBeLessThan(300);
  });
});
