/**
 * What the taps of a temporal kernel do to frames: shift them, pick them, put them back. In: values `[C, N, T, P]` or
 * stacks of them, one per tap, `[k * C, N, T, P]`. Out: the other of the two. Frames are contiguous, so all of these are
 * block copies. Used by the temporal and the stem convolution.
 */
import { sum } from '../../graph/elementwise.ts';
import type { Graph } from '../../graph/graph.ts';
import { floatType } from '../../graph/value.ts';
import type { Value } from '../../graph/value.ts';
import { concat, pad, reshape, slice, zeros } from '../../graph/view.ts';
import { windowPositions } from '../../graph/window.ts';

/** A temporal kernel over a number of frames. */
export interface FrameWindow {
  /** Taps of the kernel. */
  readonly length: number;
  readonly stride: number;
  /** Zero frames before the first and after the last. */
  readonly padding: number;
  readonly frames: number;
}

/** `[k * C, N, T, P]` to `[C, N, T, P]`: frame t takes tap j from frame t + j - floor(k / 2), k odd. */
export function sumShifted(graph: Graph, taps: Value, length: number): Value {
  if (length === 1) {
    return taps;
  }
  const reach = Math.floor(length / 2);
  const channels = taps.dims[0]! / length;
  const frames = taps.dims[2]!;
  const shifted = Array.from({ length }, (_, tap) => {
    const ahead = tap - reach;
    // A tap that looks beyond all frames sees only zeros.
    if (Math.abs(ahead) >= frames) {
      return [];
    }
    const inside = slice(graph, taps, [
      { axis: 0, start: tap * channels, end: (tap + 1) * channels },
      { axis: 2, start: Math.max(ahead, 0), end: frames + Math.min(ahead, 0) },
    ]);
    return [pad(graph, inside, [{ axis: 2, before: Math.max(-ahead, 0), after: Math.max(ahead, 0) }])];
  });
  return sum(graph, shifted.flat());
}

/** The transpose of `sumShifted`: `[C, N, T, P]` to `[k * C, N, T, P]`. */
export function stackShifted(graph: Graph, x: Value, length: number): Value {
  if (length === 1) {
    return x;
  }
  const reach = Math.floor(length / 2);
  const frames = x.dims[2]!;
  const padded = pad(graph, x, [{ axis: 2, before: reach, after: reach }]);
  const shifted = Array.from({ length }, (_, tap) => {
    const start = 2 * reach - tap;
    return slice(graph, padded, [{ axis: 2, start, end: start + frames }]);
  });
  return concat(graph, shifted, 0);
}

/** What every tap sees: `[C, N, T, P]` to `[k * C, N, T', P]`. */
export function seenFrames(graph: Graph, x: Value, window: FrameWindow): Value {
  const { length, stride, padding, frames } = window;
  const positions = windowPositions(frames, { kernel: length, stride, pads: 2 * padding });
  const padded = pad(graph, x, [{ axis: 2, before: padding, after: padding }]);
  const seen = Array.from({ length }, (_, tap) =>
    slice(graph, padded, [{ axis: 2, start: tap, end: tap + stride * (positions - 1) + 1, step: stride }]),
  );
  return concat(graph, seen, 0);
}

/**
 * The transpose of `seenFrames`: `[k * C, N, T', P]` to `[C, N, T, P]`. Frames that are `stride` apart were seen by the
 * same taps, so each of the `stride` phases is a short sum, and the phases are laid side by side.
 */
export function placeFrames(graph: Graph, stack: Value, window: FrameWindow): Value {
  const { length, stride, padding, frames } = window;
  const [rows, clips, positions, size] = [stack.dims[0]!, stack.dims[1]!, stack.dims[2]!, stack.dims[3]!];
  const channels = rows / length;
  const steps = Math.ceil(frames / stride);
  const phases = Array.from({ length: stride }, (_, phase) => {
    // Frame m * stride + phase was seen by this tap at position m + offset.
    const parts = Array.from({ length }, (_unused, tap) => ({
      tap,
      offset: (phase + padding - tap) / stride,
    }))
      .filter(({ offset }) => Number.isInteger(offset))
      .flatMap(({ tap, offset }) => {
        const [first, last] = [Math.max(0, -offset), Math.min(steps, positions - offset)];
        if (first >= last) {
          return [];
        }
        const inside = slice(graph, stack, [
          { axis: 0, start: tap * channels, end: (tap + 1) * channels },
          { axis: 2, start: first + offset, end: last + offset },
        ]);
        return [pad(graph, inside, [{ axis: 2, before: first, after: steps - last }])];
      });
    const dims = [channels, clips, steps, size];
    const values = parts.length === 0 ? zeros(graph, dims, floatType(stack)) : sum(graph, parts);
    return reshape(graph, values, [channels * clips, steps, 1, size]);
  });
  const joined = reshape(graph, concat(graph, phases, 2), [channels, clips, steps * stride, size]);
  return slice(graph, joined, [{ axis: 2, start: 0, end: frames }]);
}
