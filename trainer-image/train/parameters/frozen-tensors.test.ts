import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RefusingEngine } from '../../../test/support/refusing-engine.ts';
import { createEngine } from '../../engine/create-engine.ts';
import type { Bindable, Tensor } from '../../engine/engine.ts';
import type { FrozenTensor } from '../../models/network.ts';
import { FrozenTensors } from './frozen-tensors.ts';
import { runOnce } from './run-once.ts';
import { copyModel } from './vector-models.ts';

const tensors: fc.Arbitrary<readonly FrozenTensor[]> = fc
  .array(fc.tuple(fc.constantFrom('float32', 'float16'), fc.integer({ min: 1, max: 300 })), {
    minLength: 1,
    maxLength: 5,
  })
  .map((list) =>
    list.map(([type, length], index) => ({
      name: `frozen/${index}`,
      ...(type === 'float16'
        ? { type, data: Float16Array.from({ length }, (_, i) => index + i / 8) }
        : { type, data: Float32Array.from({ length }, (_, i) => Math.sin(index + i)) }),
      dims: [length],
    })),
  );

describe.each([['the processor', false] as const, ['a GPU', true] as const])(
  'frozen tensors as on %s',
  (_, looksLikeGpu) => {
    let engine: RefusingEngine;

    beforeEach(async () => {
      engine = new RefusingEngine(await createEngine(), { looksLikeGpu });
    });

    afterEach(() => {
      // Refuses while a session or a block of memory is left.
      engine.dispose();
    });

    async function read(from: Bindable): Promise<Tensor['data']> {
      const [length = 0] = from.dims;
      const data = from.type === 'float16' ? new Uint16Array(length) : new Float32Array(length);
      const session = await engine.createSession(copyModel(length, from.type), { threads: 1 });
      const to = { type: from.type, dims: from.dims, data };
      await runOnce(session, { inputs: [['from', from]], outputs: [['to', to]] });
      session.dispose();
      return data;
    }

    test('are what sessions read, in the type that they have', async () => {
      await fc.assert(
        fc.asyncProperty(tensors, async (list) => {
          const opened = await FrozenTensors.open(engine, list);
          for (const { name, type, data } of list) {
            const found = await read(opened.inputs.get(name)!);
            const bits = type === 'float16' ? new Uint16Array(data.buffer) : data;
            expect(found).toEqual(bits);
          }
          opened.dispose();
        }),
        { numRuns: 20 },
      );
    });

    test.each(['session', 'block'] as const)('leave nothing open when a %s is refused', async (what) => {
      engine.refuse((asked) => asked === what);
      const list = [{ name: 'frozen/w', type: 'float32' as const, dims: [2], data: Float32Array.of(1, 2) }];
      const opening = FrozenTensors.open(engine, list);
      // On the processor they are read where they lie: there is nothing to refuse.
      await (looksLikeGpu
        ? expect(opening).rejects.toMatchObject({ code: 'out-of-memory' })
        : expect(opening).resolves.toBeInstanceOf(FrozenTensors));
    });
  },
);

test('the processor reads them where they lie', async () => {
  const engine = await createEngine();
  const data = Float32Array.of(1, 2, 3);
  const { inputs } = await FrozenTensors.open(engine, [
    { name: 'frozen/w', type: 'float32', dims: [3], data },
  ]);
  expect(inputs.get('frozen/w')).toMatchObject({ data });
  engine.dispose();
});
