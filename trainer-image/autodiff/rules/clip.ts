/**
 * From decoded pixels to the network's input. In: uint8 RGB clips `[N, T, H, W, 3]`. Out: `[1, N, T, H, 3 * W]`, float32
 * or float16, pixels in the order in which they lie in memory, with (x / 255 - mean) / deviation. Next: the stems, which
 * read them as they are. No derivative.
 */
import { areColoursAlike } from '../../../multigrid/contract/pixels.ts';
import type { PixelStatistics } from '../../../multigrid/contract/pixels.ts';
import { cast, multiply, subtract } from '../../graph/elementwise.ts';
import type { Graph } from '../../graph/graph.ts';
import { batchNormalization } from '../../graph/normalize.ts';
import { dimsOfRank5, elementCount } from '../../graph/value.ts';
import type { FloatType, Value } from '../../graph/value.ts';
import { reshape } from '../../graph/view.ts';
import type { Operation, Rule } from '../rule.ts';

export type NormalizeClip = Operation<
  readonly [clip: Value],
  {
    /** Of the result. */
    readonly type: FloatType;
    readonly pixels: PixelStatistics;
  }
>;

export const normalizeClip: Rule<NormalizeClip> = (graph, [clip], { type, pixels }) => {
  const [clips, frames, height, width, colours] = dimsOfRank5(clip, 'normalizeClip');
  const levels = cast(graph, clip, 'float32');
  const normalized = areColoursAlike(pixels)
    ? normalizeAlike(graph, levels, pixels)
    : normalizeByColour(graph, levels, pixels);
  const dims = [1, clips, frames, height, colours * width];
  return { output: reshape(graph, cast(graph, normalized, type), dims) };
};

/** One scale and shift for all colours, in one pass. */
function normalizeAlike(graph: Graph, levels: Value, { mean, deviation }: PixelStatistics): Value {
  const one = (value: number): Value => graph.constant(Float32Array.of(value), [1]);
  const scale = one(1 / (255 * deviation[0]));
  const bias = one(-mean[0] / deviation[0]);
  const row = reshape(graph, levels, [1, 1, elementCount(levels.dims)]);
  return batchNormalization(graph, row, { scale, bias, mean: one(0), variance: one(1) }, 0);
}

function normalizeByColour(graph: Graph, levels: Value, { mean, deviation }: PixelStatistics): Value {
  const scale = Float32Array.from(deviation, (value) => 1 / (255 * value));
  const shift = Float32Array.from(mean, (value, colour) => value / deviation[colour]!);
  const scaled = multiply(graph, levels, graph.constant(scale, [3]));
  return subtract(graph, scaled, graph.constant(shift, [3]));
}
