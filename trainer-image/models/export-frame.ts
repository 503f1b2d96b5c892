/**
 * What every model that people take away has around its network: decoded pixels in, probabilities out, and how to use it. In:
 * the graph, shape, pixel statistics, loss. Out: the values between which the network goes, and the metadata.
 */
import { areColoursAlike, normalizationFormula } from '../../multigrid/contract/pixels.ts';
import type { PixelStatistics } from '../../multigrid/contract/pixels.ts';
import { cast, multiply, subtract, unary } from '../graph/elementwise.ts';
import type { Graph } from '../graph/graph.ts';
import { softmax } from '../graph/normalize.ts';
import type { Value } from '../graph/value.ts';
import { transpose } from '../graph/view.ts';
import { clipInput } from './forward.ts';
import type { InputShape, LossName } from './network.ts';

/** Order of the axes of the clip as the network takes it. */
export type ClipAxes = 'NCTHW' | 'NTCHW';

/** The input `clip`, uint8 `[N, T, H, W, 3]`, as (x / 255 - mean) / deviation in the network's order of axes. */
export function exportedClip(
  graph: Graph,
  shape: InputShape,
  { pixels, axes }: { readonly pixels: PixelStatistics; readonly axes: ClipAxes },
): Value {
  const clip = clipInput(graph, shape);
  const byColour = (numbers: readonly number[]): Value =>
    areColoursAlike(pixels)
      ? graph.scalar(numbers[0]!)
      : graph.floats(numbers, axes === 'NCTHW' ? [3, 1, 1, 1] : [3, 1, 1], 'float32');
  const scale = pixels.deviation.map((deviation) => 1 / (255 * deviation));
  const shift = pixels.mean.map((mean, colour) => mean / pixels.deviation[colour]!);
  return graph.scoped('clip', () => {
    const permutation = axes === 'NCTHW' ? [0, 4, 1, 2, 3] : [0, 1, 4, 2, 3];
    const planes = cast(graph, transpose(graph, clip, permutation), 'float32');
    return subtract(graph, multiply(graph, planes, byColour(scale)), byColour(shift));
  });
}

/** Declares the output `probabilities` of logits `[N, K]`. */
export function outputProbabilities(graph: Graph, logits: Value, loss: LossName): void {
  const probabilities =
    loss === 'binaryCrossEntropy' ? unary(graph, 'Sigmoid', logits) : softmax(graph, 'Softmax', logits);
  graph.output('probabilities', probabilities);
}

/** @param more Key-value pairs stored beside these, e.g. the class names. */
export function exportMetadata(
  { frames, cropSize }: Omit<InputShape, 'clips'>,
  pixels: PixelStatistics,
  more: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  return new Map([
    ['input', `clip: uint8 RGB [N, T=${frames}, H=${cropSize}, W=${cropSize}, 3]`],
    ['preprocessing', `inside the model: ${normalizationFormula(pixels)}`],
    ['frames', String(frames)],
    ['cropSize', String(cropSize)],
    ...more,
  ]);
}
