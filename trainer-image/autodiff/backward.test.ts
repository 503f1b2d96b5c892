/**
 * The reverse walk by itself: how contributions are summed, and what it says when there is no way back.
 */
import { describe, expect, test } from '@jest/globals';
import { encodeModel } from '../graph/encode.ts';
import { PUBLISHED_PIXELS } from '../../multigrid/contract/pixels.ts';
import { Graph } from '../graph/graph.ts';
import { GraphShapeError } from '../graph/value.ts';
import type { Value } from '../graph/value.ts';
import { emitGradients, NoDerivativeError, UnusedValueError } from './backward.ts';
import { Tape } from './tape.ts';
import { runOnce } from '../../test/support/onnx-oracle.ts';

/** The gradient by x, at x = 1, 2, 4, of the sum of what `build` makes of it. */
async function gradientOf(build: (tape: Tape, x: Value) => Value): Promise<number[]> {
  const tape = new Tape(new Graph());
  const x = tape.graph.input('x', 'float32', [1, 1, 1, 1, 3]);
  const { output: mean } = tape.apply('meanPool', 'mean', [build(tape, x)], {});
  const [gradient] = emitGradients(tape, mean, [x]);
  tape.graph.output('gradient', gradient!);
  const outputs = await runOnce(
    encodeModel(tape.graph, { graphName: 'test' }),
    new Map([['x', { data: Float32Array.of(1, 2, 4), dims: x.dims }]]),
  );
  return [...outputs.get('gradient')!].map((value) => 3 * value);
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  expected.forEach((value, index) => {
    expect(actual[index]).toBeCloseTo(value, 4);
  });
}

describe('the reverse walk', () => {
  test('sums what a value contributes along several ways', async () => {
    const gradient = await gradientOf((tape, x) => {
      const { output: square } = tape.apply('multiply', 'square', [x, x], {});
      const { output: sum } = tape.apply('add', 'sum', [square, x], {});
      return sum;
    });
    expectClose(gradient, [3, 5, 9]);
  });

  test('counts an operation once that is applied twice to the same values', async () => {
    const gradient = await gradientOf((tape, x) => {
      const { output: first } = tape.apply('exp', 'first', [x], {});
      const { output: second } = tape.apply('exp', 'second', [x], {});
      const { output: sum } = tape.apply('add', 'sum', [first, second], {});
      return sum;
    });
    expectClose(
      gradient,
      [1, 2, 4].map((x) => 2 * Math.exp(x)),
    );
  });

  test('walks through an operation that gives its input back without counting it', async () => {
    const gradient = await gradientOf((tape, x) => {
      const { output: joined } = tape.apply('concatChannels', 'join', [x], {});
      const { output: square } = tape.apply('multiply', 'square', [joined, joined], {});
      return square;
    });
    expectClose(gradient, [2, 4, 8]);
  });

  test('names the operation that has no derivative', () => {
    const tape = new Tape(new Graph());
    const logits = tape.graph.input('logits', 'float32', [2, 3]);
    const target = tape.graph.input('target', 'float32', [2, 3]);
    const { output } = tape.apply('softmaxCrossEntropy', 'the loss', [logits, target], {});
    expect(() => emitGradients(tape, output, [target])).toThrow(NoDerivativeError);
    expect(() => emitGradients(tape, output, [target])).toThrow(
      'operation softmaxCrossEntropy (the loss) has no derivative by its input target',
    );
  });

  test('names an operation without any derivative', () => {
    const tape = new Tape(new Graph());
    const clip = tape.graph.input('clip', 'uint8', [1, 1, 1, 1, 3]);
    const { output } = tape.apply('normalizeClip', 'pixels', [clip], {
      type: 'float32',
      pixels: PUBLISHED_PIXELS,
    });
    const { output: bright } = tape.apply('concatChannels', 'colours', [output, output], {});
    const { output: pooled } = tape.apply('meanPool', 'pool', [bright], {});
    const { output: loss } = tape.apply('softmaxCrossEntropy', 'loss', [pooled, pooled], {});
    expect(() => emitGradients(tape, loss, [clip])).toThrow(NoDerivativeError);
  });

  test('refuses a loss of more than one number', () => {
    const tape = new Tape(new Graph());
    const x = tape.graph.input('x', 'float32', [2]);
    const { output } = tape.apply('exp', 'exp', [x], {});
    expect(() => emitGradients(tape, output, [x])).toThrow(GraphShapeError);
  });

  test('refuses a value that the loss does not depend on', () => {
    const tape = new Tape(new Graph());
    const x = tape.graph.input('x', 'float32', [1, 1, 1, 1, 2]);
    const unused = tape.graph.input('unused', 'float32', [2]);
    const { output } = tape.apply('meanPool', 'loss', [x], {});
    expect(() => emitGradients(tape, output, [x, unused])).toThrow(UnusedValueError);
  });
});
