/**
 * From decoded pixels to the network's input. In: uint8 RGB clips `[N, T, H, W, 3]`. Out: float32 activations
 * `[3, N, T, H, W]` with (x / 255 - 0.45) / 0.225, the values the published networks were trained with. No derivative.
 */
import { cast } from '../../graph/elementwise.ts';
import { batchNormalization } from '../../graph/normalize.ts';
import { dimsOfRank5, elementCount } from '../../graph/value.ts';
import type { Value } from '../../graph/value.ts';
import { reshape, transpose } from '../../graph/view.ts';
import type { NoOptions, Result, Rule } from '../rule.ts';

/** Mean and standard deviation of a pixel in [0, 1], the same for all colours (PySlowFast's defaults). */
export const PIXEL_MEAN = 0.45;
export const PIXEL_DEVIATION = 0.225;

export interface NormalizeClip {
  readonly inputs: readonly [clip: Value];
  readonly options: NoOptions;
  readonly result: Result;
}

export const normalizeClip: Rule<NormalizeClip> = (graph, [clip]) => {
  const [clips, frames, height, width, colours] = dimsOfRank5(clip, 'normalizeClip');
  const pixels = elementCount(clip.dims) / colours;
  const planes = transpose(graph, reshape(graph, clip, [pixels, colours]), [1, 0]);
  const levels = reshape(graph, cast(graph, planes, 'float32'), [1, 1, colours * pixels]);
  const one = (value: number): Value => graph.constant(Float32Array.of(value), [1]);
  const scale = one(1 / (255 * PIXEL_DEVIATION));
  const bias = one(-PIXEL_MEAN / PIXEL_DEVIATION);
  // Scale and shift in one pass.
  const normalized = batchNormalization(graph, levels, { scale, bias, mean: one(0), variance: one(1) }, 0);
  return { output: reshape(graph, normalized, [colours, clips, frames, height, width]) };
};
