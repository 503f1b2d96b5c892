/**
 * The model people take away. In: a network and its trained values. Out: an ONNX file's bytes with input `clip` (uint8
 * `[N, T, H, W, 3]`, N free) and outputs `logits` and `probabilities`, which plain ONNX Runtime runs anywhere.
 */
import { PIXEL_DEVIATION, PIXEL_MEAN } from '../autodiff/rules/clip.ts';
import { cast, multiply, subtract, unary } from '../graph/elementwise.ts';
import { encodeModel } from '../graph/encode.ts';
import { Graph } from '../graph/graph.ts';
import { softmax } from '../graph/normalize.ts';
import type { Value } from '../graph/value.ts';
import { transpose } from '../graph/view.ts';
import { ExportLayers } from './export-layers.ts';
import type { NetworkSpec, NetworkValues } from './network.ts';
import type { NetworkFunction } from './network-function.ts';

export interface ExportOptions {
  readonly frames: number;
  readonly cropSize: number;
  /** Key-value pairs stored in the model beside its own, e.g. the class names. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** @throws MissingValueError when a parameter or a batch norm's statistics are missing. */
export function buildExportModel(
  network: NetworkFunction,
  spec: NetworkSpec,
  values: NetworkValues,
  options: ExportOptions,
): Uint8Array {
  const { frames, cropSize } = options;
  const graph = new Graph();
  // N is written as 1 while building; the encoder names the axis and leaves its length free.
  const clip = graph.input('clip', 'uint8', [1, frames, cropSize, cropSize, 3]);
  const logits = network(
    new ExportLayers(graph, values, spec.numClasses),
    spec,
    graph.scoped('clip', () => normalized(graph, clip)),
  );
  const probabilities =
    spec.loss === 'binaryCrossEntropy' ? unary(graph, 'Sigmoid', logits) : softmax(graph, 'Softmax', logits);
  graph.output('logits', logits);
  graph.output('probabilities', probabilities);
  return encodeModel(graph, {
    graphName: spec.family,
    freeFirstAxis: 'N',
    metadata: new Map([
      ['input', `clip: uint8 RGB [N, T=${frames}, H=${cropSize}, W=${cropSize}, 3]`],
      ['preprocessing', `inside the model: (x / 255 - ${PIXEL_MEAN}) / ${PIXEL_DEVIATION}`],
      ['frames', String(frames)],
      ['cropSize', String(cropSize)],
      ...options.metadata,
    ]),
  });
}

/** Pixels to `[N, 3, T, H, W]` with (x / 255 - mean) / deviation. */
function normalized(graph: Graph, clip: Value): Value {
  const planes = cast(graph, transpose(graph, clip, [0, 4, 1, 2, 3]), 'float32');
  const scaled = multiply(graph, planes, graph.scalar(1 / (255 * PIXEL_DEVIATION)));
  return subtract(graph, scaled, graph.scalar(PIXEL_MEAN / PIXEL_DEVIATION));
}
