/** How exchanges are written: in one order, without those whose results nobody needs. */
import { fromBinary } from '@bufbuild/protobuf';
import { describe, expect, test } from '@jest/globals';
import { ModelProtoSchema } from 'onnx-buf';
import { add } from './elementwise.ts';
import { encodeModel } from './encode.ts';
import { exchange, exchangesOf } from './exchange.ts';
import { Graph } from './graph.ts';

describe('exchanges', () => {
  test('follow each other in the order of their emission, whatever their results are for', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', [3]);
    const y = graph.input('y', 'float32', [2]);
    const [ofX] = exchange(graph, 'moments', [x, x]);
    const [unread] = exchange(graph, 'means', [ofX, ofX]);
    const [ofY] = exchange(graph, 'means', [y, y]);
    graph.output('ofY', add(graph, ofY, y));
    graph.output('ofX', ofX);
    expect(unread.dims).toEqual([3]);
    expect(exchangesOf(graph)).toEqual([
      { kind: 'moments', length: 3 },
      { kind: 'means', length: 2 },
    ]);
    const { graph: written, opsetImport } = fromBinary(
      ModelProtoSchema,
      encodeModel(graph, { graphName: 'g' }),
    );
    expect(opsetImport.map(({ domain }) => domain)).toEqual(['', 'multigrid']);
    const ours = written!.node.filter(({ domain }) => domain === 'multigrid');
    expect(ours.map(({ opType, attribute }) => `${opType} ${Number(attribute[0]!.i)}`)).toEqual([
      'Give 0',
      'Take 0',
      'Give 1',
      'Take 1',
    ]);
    expect(ours[2]!.input).toEqual(['exchange/1/given', 'exchange/0/taken']);
    expect(written!.output.map(({ name }) => name)).toEqual([
      'ofY',
      'ofX',
      'exchange/0/given',
      'exchange/0/taken',
      'exchange/1/given',
      'exchange/1/taken',
    ]);
  });
});
