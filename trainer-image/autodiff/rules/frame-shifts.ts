/**
 * What the taps of a temporal kernel do to frames: shift them, pick them, put them back. In: values `[C, N, T, P]`, or the
 * same for every tap, `[C, k, N, T, P]`. Out: the other of the two. Frames are contiguous, so all of these copy blocks:
 * stacks are gathered frame by frame in one pass, sums crop and shift each tap in one. Used by the temporal and the stem
 * convolution.
 */
import { sum } from '../../graph/elementwise.ts';
import type { Graph } from '../../graph/graph.ts';
import { axisLength, floatType } from '../../graph/value.ts';
import type { Value } from '../../graph/value.ts';
import { concat, gather, pad, reshape, slice, zeros } from '../../graph/view.ts';
import { windowPositions } from '../../graph/window.ts';

/** A temporal kernel over a number of frames. */
export interface FrameWindow {
  /** Taps of the kernel. */
  readonly length: number;
  readonly stride: number;
  /** Zero frames before the first and after the last. */
  readonly padding: number;
  readonly frames: number;
  /** Distance between neighbouring taps; 1 when left out. */
  readonly dilation?: number;
}

/** `[C, k, N, T, P]` to `[C, N, T, P]`: frame t takes tap j from frame t + j - floor(k / 2), k odd. */
export function sumShifted(graph: Graph, taps: Value): Value {
  const [length, frames] = [axisLength(taps, 1), axisLength(taps, 3)];
  const reach = Math.floor(length / 2);
  const parts = Array.from({ length }, (_, tap) => tap)
    // A tap that looks beyond all frames sees only zeros.
    .filter((tap) => Math.abs(tap - reach) < frames)
    .map((tap) => tapMoved(graph, taps, tap, { before: reach - tap, after: tap - reach }));
  return sum(graph, parts);
}

/** The transpose of `sumShifted`: `[C, N, T, P]` to `[C, k, N, T, P]`. */
export function stackShifted(graph: Graph, x: Value, length: number): Value {
  const [frames, size] = [axisLength(x, 2), axisLength(x, 3)];
  if (length === 1) {
    return reshape(graph, x, [axisLength(x, 0), 1, axisLength(x, 1), frames, size]);
  }
  const reach = Math.floor(length / 2);
  return stackFrames(graph, x, { length, positions: frames, frameOf: (tap, t) => t + reach - tap });
}

/** What every tap sees: `[C, N, T, P]` to `[C, k, N, T', P]`. */
export function seenFrames(graph: Graph, x: Value, { length, stride, padding, frames }: FrameWindow): Value {
  const positions = windowPositions(frames, { kernel: length, stride, pads: 2 * padding });
  return stackFrames(graph, x, { length, positions, frameOf: (tap, t) => t * stride + tap - padding });
}

/**
 * The transpose of `seenFrames`: `[C, k, N, T', P]` to `[C, N, T, P]`. Frames that are `stride` apart were seen by the
 * same taps, so each of the `stride` phases is a short sum, and the phases are laid side by side.
 */
export function placeFrames(graph: Graph, stack: Value, window: FrameWindow): Value {
  const { length, stride, padding, frames, dilation = 1 } = window;
  const [channels, clips] = [axisLength(stack, 0), axisLength(stack, 2)];
  const [positions, size] = [axisLength(stack, 3), axisLength(stack, 4)];
  const steps = Math.ceil(frames / stride);
  const phases = Array.from({ length: stride }, (_, phase) => {
    // Frame m * stride + phase was seen by this tap at position m + offset.
    const parts = Array.from({ length }, (_unused, tap) => ({
      tap,
      offset: (phase + padding - tap * dilation) / stride,
    }))
      .filter(
        ({ offset }) =>
          Number.isInteger(offset) && Math.max(0, -offset) < Math.min(steps, positions - offset),
      )
      .map(({ tap, offset }) =>
        tapMoved(graph, stack, tap, { before: -offset, after: steps - positions + offset }),
      );
    const values =
      parts.length === 0 ? zeros(graph, [channels, clips, steps, size], floatType(stack)) : sum(graph, parts);
    return reshape(graph, values, [channels * clips, steps, 1, size]);
  });
  const joined = reshape(graph, concat(graph, phases, 2), [channels, clips, steps * stride, size]);
  return slice(graph, joined, [{ axis: 2, start: 0, end: frames }]);
}

/** One tap of `[C, k, N, T, P]` as `[C, N, T', P]`, zero frames put before and after (negative: frames cut off). */
function tapMoved(
  graph: Graph,
  taps: Value,
  tap: number,
  { before, after }: { readonly before: number; readonly after: number },
): Value {
  const moved = pad(graph, taps, [
    { axis: 1, before: -tap, after: tap + 1 - axisLength(taps, 1) },
    { axis: 3, before, after },
  ]);
  return reshape(graph, moved, moved.dims.toSpliced(1, 1));
}

interface FrameStack {
  /** Taps. */
  readonly length: number;
  /** Frames of every tap's part. */
  readonly positions: number;
  /** The frame of x at a position of a tap's part; beyond its ends, zeros. */
  readonly frameOf: (tap: number, position: number) => number;
}

/** `[C, N, T, P]` to `[C, k, N, T', P]` by picking whole frames, one zero frame among them. */
function stackFrames(graph: Graph, x: Value, { length, positions, frameOf }: FrameStack): Value {
  const [channels, clips, frames, size] = [0, 1, 2, 3].map((axis) => axisLength(x, axis));
  const zeroFrame = clips! * frames!;
  const picked = Array.from({ length }, (_, tap) =>
    Array.from({ length: clips! }, (_unused, clip) =>
      Array.from({ length: positions }, (_none, position) => {
        const frame = frameOf(tap, position);
        return frame >= 0 && frame < frames! ? clip * frames! + frame : zeroFrame;
      }),
    ),
  ).flat(2);
  const flat = reshape(graph, x, [channels!, zeroFrame, size!]);
  const source = picked.includes(zeroFrame) ? pad(graph, flat, [{ axis: 1, before: 0, after: 1 }]) : flat;
  return reshape(graph, gather(graph, source, picked, 1), [channels!, length, clips!, positions, size!]);
}
