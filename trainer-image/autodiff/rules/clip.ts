/**
 * From decoded pixels to the network's input. In: uint8 RGB clips `[N, T, H, W, 3]`. Out: `[1, N, T, H, 3 * W]`, float32
 * or float16, pixels in the order in which they lie in memory, with (x / 255 - 0.45) / 0.225, the values the published networks were
 * trained with. Next: the stems, which read them as they are. No derivative.
 */
import { cast } from '../../graph/elementwise.ts';
import { batchNormalization } from '../../graph/normalize.ts';
import { dimsOfRank5, elementCount } from '../../graph/value.ts';
import type { FloatType, Value } from '../../graph/value.ts';
import { reshape } from '../../graph/view.ts';
import type { Result, Rule } from '../rule.ts';

/** Mean and standard deviation of a pixel in [0, 1], the same for all colours (PySlowFast's defaults). */
export const PIXEL_MEAN = 0.45;
export const PIXEL_DEVIATION = 0.225;

export interface NormalizeClip {
  readonly inputs: readonly [clip: Value];
  readonly options: {
    /** Of the result; float32 when left out. */
    readonly type?: FloatType;
  };
  readonly result: Result;
}

export const normalizeClip: Rule<NormalizeClip> = (graph, [clip], { type = 'float32' }) => {
  const [clips, frames, height, width, colours] = dimsOfRank5(clip, 'normalizeClip');
  const levels = reshape(graph, cast(graph, clip, 'float32'), [1, 1, elementCount(clip.dims)]);
  const one = (value: number): Value => graph.constant(Float32Array.of(value), [1]);
  const scale = one(1 / (255 * PIXEL_DEVIATION));
  const bias = one(-PIXEL_MEAN / PIXEL_DEVIATION);
  // Scale and shift in one pass.
  const normalized = batchNormalization(graph, levels, { scale, bias, mean: one(0), variance: one(1) }, 0);
  const dims = [1, clips, frames, height, colours * width];
  return { output: reshape(graph, cast(graph, normalized, type), dims) };
};
