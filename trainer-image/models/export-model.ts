/**
 * The model people take away. In: a network and its trained values. Out: an ONNX file's bytes with input `clip` (uint8
 * `[N, T, H, W, 3]`, N free) and outputs `logits` and `probabilities`, which plain ONNX Runtime runs anywhere.
 */
import { PUBLISHED_PIXELS } from '../../multigrid/contract/pixels.ts';
import { encodeModel } from '../graph/encode.ts';
import { Graph } from '../graph/graph.ts';
import { exportedClip, exportMetadata, outputProbabilities } from './export-frame.ts';
import { ExportLayers } from './export-layers.ts';
import type { InputShape, NetworkSpec, NetworkValues } from './network.ts';
import type { NetworkFunction } from './network-function.ts';

/** @param values all that the network has. */
export function buildExportModel(
  network: NetworkFunction,
  spec: NetworkSpec,
  values: NetworkValues,
  shape: Omit<InputShape, 'clips'>,
  metadata: ReadonlyMap<string, string>,
): Uint8Array {
  const graph = new Graph();
  // N is written as 1 while building; the encoder names the axis and leaves its length free.
  const clip = exportedClip(graph, { ...shape, clips: 1 }, { pixels: PUBLISHED_PIXELS, axes: 'NCTHW' });
  const logits = network(new ExportLayers(graph, values, spec.numClasses), spec, clip);
  graph.output('logits', logits);
  outputProbabilities(graph, logits, spec.loss ?? 'crossEntropy');
  return encodeModel(graph, {
    graphName: spec.family,
    freeFirstAxis: 'N',
    metadata: exportMetadata(shape, PUBLISHED_PIXELS, metadata),
  });
}
