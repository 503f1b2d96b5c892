import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { tinyModel } from '../../../test/support/tiny-onnx.ts';
import { createEngine } from '../create-engine.ts';
import { EngineError, runtimeErrorCode } from '../engine-error.ts';
import type { Binding, Engine, Session } from '../engine.ts';

const MIB = 2 ** 20;
const LIMIT_MIB = 16;

/** `y = x + |x|`, which needs as much memory for `|x|` as x has. */
function doubling(size: number): Uint8Array {
  return tinyModel(
    [{ name: 'x', dims: [size] }],
    [{ name: 'y', dims: [size] }],
    [
      { op: 'Abs', inputs: ['x'], outputs: ['a'] },
      { op: 'Add', inputs: ['x', 'a'], outputs: ['y'] },
    ],
  );
}

describe('an engine with a limit for activations', () => {
  let engine: Engine;
  const sessions: Session[] = [];

  beforeAll(async () => {
    engine = await createEngine({ activationBytes: LIMIT_MIB * MIB });
  });

  afterAll(() => {
    sessions.forEach((session) => {
      session.dispose();
    });
    engine.dispose();
  });

  async function runThatNeeds(mib: number): Promise<{ binding: Binding; y: Float32Array }> {
    const size = (mib * MIB) / 4;
    const session = await engine.createSession(doubling(size), { threads: 1 });
    sessions.push(session);
    const y = new Float32Array(size);
    const tensor = (data: Float32Array) => ({ type: 'float32' as const, dims: [size], data });
    const binding = session.bind(
      new Map([['x', tensor(new Float32Array(size).fill(3))]]),
      new Map([['y', tensor(y)]]),
    );
    return { binding, y };
  }

  test('refuses a run that needs more, and goes on with those that need less', async () => {
    const large = await runThatNeeds(LIMIT_MIB + 1);
    const small = await runThatNeeds(2);
    for (let turn = 0; turn < 2; turn += 1) {
      await expect(large.binding.run()).rejects.toMatchObject({
        name: 'EngineError',
        code: 'out-of-memory',
      });
      small.y.fill(0);
      await small.binding.run();
      expect(small.y.at(-1)).toBe(6);
    }
  });

  test('fits one large run where small ones were, once idle memory was given back', async () => {
    // Four at a time take the arena in pieces, none of which holds a run of three quarters.
    const small = await Promise.all(Array.from({ length: 4 }, () => runThatNeeds(3)));
    await Promise.all(small.map(({ binding }) => binding.run()));
    const large = await runThatNeeds(12);
    await expect(large.binding.run()).rejects.toThrow(EngineError);
    await engine.releaseIdleMemory();
    await large.binding.run();
    expect(large.y.at(-1)).toBe(6);
  });
});

test.each([
  'BFCArena::AllocateRawInternal(size_t, bool) Available memory of 0 is smaller than requested bytes of 2097152',
  'Failed to allocate memory for requested buffer of size 1073741824',
  'std::bad_alloc',
  'CUDA failure 2: out of memory ; GPU=0 ; hostname=node',
  'CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED ; GPU=0',
  'CUDNN failure 4002: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED',
])('reads as out of memory, whatever its number: %s', (message) => {
  expect(runtimeErrorCode(1, message)).toBe('out-of-memory');
  expect(runtimeErrorCode(6, message)).toBe('out-of-memory');
});

test('reads other failures by their number', () => {
  expect(runtimeErrorCode(2, 'Got invalid dimensions for input: memory')).toBe('invalid-argument');
  expect(new EngineError('fail', 'x').code).toBe('fail');
});
