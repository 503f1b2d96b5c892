/**
 * Graphs as they are built and written: what is left out, what is shared, what is refused.
 */
import { fromBinary } from '@bufbuild/protobuf';
import { describe, expect, test } from '@jest/globals';
import { ModelProtoSchema } from 'onnx-buf';
import { add, multiply, sum, unary } from './elementwise.ts';
import { encodeModel } from './encode.ts';
import { Graph } from './graph.ts';
import { matrixProduct, meanOfRowProducts } from './product.ts';
import { reduce } from './reduce.ts';
import { broadcastDims, GraphShapeError } from './value.ts';
import { concat, gather, pad, reshape, slice, splitParities } from './view.ts';
import { convolve } from './window.ts';
import { runOnce } from '../../test/support/onnx-oracle.ts';

function operators(graph: Graph): readonly string[] {
  const model = fromBinary(ModelProtoSchema, encodeModel(graph, { graphName: 'test' }));
  return model.graph!.node.map((node) => node.opType);
}

describe('a graph', () => {
  test('leaves out nodes and constants that no output needs', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', [2]);
    add(graph, x, graph.scalar(5));
    graph.output('y', multiply(graph, x, graph.scalar(3)));
    expect(operators(graph)).toEqual(['Mul']);
    expect(graph.liveConstants().map(({ data }) => [...data])).toEqual([[3]]);
  });

  test('makes the same node once', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', [2]);
    expect(unary(graph, 'Exp', x)).toBe(unary(graph, 'Exp', x));
    expect(graph.scalar(2)).toBe(graph.scalar(2));
    expect(reduce(graph, 'ReduceSum', x, { axes: [0] })).not.toBe(
      reduce(graph, 'ReduceSum', x, { axes: [0], keepAxes: true }),
    );
  });

  test('collapses chains of reshapes and works elementwise beneath them', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', [2, 6]);
    const view = reshape(graph, reshape(graph, x, [3, 4]), [12]);
    expect(reshape(graph, view, [2, 6])).toBe(x);
    const result = unary(graph, 'Relu', view);
    expect(result.dims).toEqual([12]);
    graph.output('y', reshape(graph, result, [2, 6]));
    expect(operators(graph)).toEqual(['Relu']);
  });

  test('views one element as a number without axes', async () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', [1, 1]);
    const number = reshape(graph, x, []);
    graph.output('y', add(graph, number, graph.scalar(1)));
    const results = await runOnce(
      encodeModel(graph, { graphName: 'test' }),
      new Map([['x', { data: Float32Array.of(2), dims: [1, 1] }]]),
    );
    expect([...results.get('y')!]).toEqual([3]);
  });

  test('gives outputs their names, also one value under two names and an input as it is', async () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', [2]);
    const y = unary(graph, 'Neg', x);
    graph.output('first', y);
    graph.output('second', y);
    graph.output('same', x);
    const outputs = await runOnce(
      encodeModel(graph, { graphName: 'test' }),
      new Map([['x', { data: Float32Array.of(1, -2), dims: [2] }]]),
    );
    expect([...outputs].map(([name, data]) => [name, [...data]])).toEqual([
      ['first', [-1, 2]],
      ['second', [-1, 2]],
      ['same', [1, -2]],
    ]);
  });

  test('moves elements along an axis by cutting off as many as it adds', async () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', [2, 3]);
    graph.output('y', pad(graph, x, [{ axis: 1, before: -1, after: 1 }]));
    const outputs = await runOnce(
      encodeModel(graph, { graphName: 'test' }),
      new Map([['x', { data: Float32Array.of(1, 2, 3, 4, 5, 6), dims: [2, 3] }]]),
    );
    expect([...outputs.get('y')!]).toEqual([2, 3, 0, 5, 6, 0]);
  });

  test('averages products row by row', async () => {
    const graph = new Graph();
    const [a, b] = [graph.input('a', 'float32', [2, 1, 2]), graph.input('b', 'float32', [2, 2])];
    graph.output('y', meanOfRowProducts(graph, a, b, 2));
    const outputs = await runOnce(
      encodeModel(graph, { graphName: 'test' }),
      new Map([
        ['a', { data: Float32Array.of(1, 2, 3, 4), dims: [2, 1, 2] }],
        ['b', { data: Float32Array.of(5, 6, 7, 8), dims: [2, 2] }],
      ]),
    );
    expect([...outputs.get('y')!]).toEqual([8.5, 26.5]);
  });

  test('names nodes after the part of the network they belong to', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', [2]);
    const y = graph.scoped('stem', () => graph.scoped('norm', () => unary(graph, 'Sqrt', x)));
    expect(y.name).toBe('stem/norm/Sqrt_0');
  });
});

describe('a graph refuses', () => {
  const graph = new Graph();
  const x = graph.input('x', 'float32', [2, 3]);
  const bytes = graph.input('bytes', 'uint8', [2, 3]);

  test.each([
    ['shapes that do not broadcast', () => add(graph, x, graph.constant(new Float32Array(2), [2]))],
    ['types that differ', () => add(graph, x, bytes)],
    ['products whose inner lengths differ', () => matrixProduct(graph, x, x)],
    ['views of another size', () => reshape(graph, x, [7])],
    ['slices that leave the value', () => slice(graph, x, [{ axis: 1, start: 1, end: 4 }])],
    ['positions that are not there', () => gather(graph, x, [3], 1)],
    ['joins of other shapes', () => concat(graph, [x, reshape(graph, x, [3, 2])], 0)],
    ['joins of nothing', () => concat(graph, [], 0)],
    ['sums of nothing', () => sum(graph, [])],
    ['axes that are not there', () => reduce(graph, 'ReduceSum', x, { axes: [2] })],
    ['odd sides to split by parity', () => splitParities(graph, reshape(graph, x, [1, 1, 2, 3]))],
    ['constants of another size', () => graph.constant(new Float32Array(3), [2])],
    ['a second value of one name', () => graph.input('x', 'float32', [1])],
    ['axes without elements', () => graph.input('empty', 'float32', [0])],
    [
      'windows larger than the input',
      () => {
        const image = reshape(graph, x, [1, 1, 2, 3]);
        const weights = graph.constant(new Float32Array(9), [1, 1, 3, 3]);
        return convolve(graph, image, weights, { strides: [1, 1], padsBefore: [0, 0], padsAfter: [0, 0] });
      },
    ],
  ])('%s', (_, build) => {
    expect(build).toThrow(GraphShapeError);
  });

  test('two outputs of one name', () => {
    const other = new Graph();
    const y = other.input('y', 'float32', [1]);
    other.output('z', y);
    expect(() => {
      other.output('z', y);
    }).toThrow('already has an output named z');
  });
});

test('broadcast shapes are those of NumPy', () => {
  expect(broadcastDims([4, 1, 3], [2, 1])).toEqual([4, 2, 3]);
  expect(broadcastDims([], [5])).toEqual([5]);
});
