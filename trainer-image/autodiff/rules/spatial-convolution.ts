/**
 * Convolution 1 x k x k. In: activations `[Ci, N, T, H, W]` and weights `[Co, Ci, 1, k, k]`. Out: `[Co, N, T, H', W']`.
 * Clips and frames are merged into the depth axis of one Conv, which is legal since the temporal kernel is 1.
 */
import type { Graph } from '../../graph/graph.ts';
import { matrixProduct } from '../../graph/product.ts';
import { dimsOfRank5 } from '../../graph/value.ts';
import type { Value } from '../../graph/value.ts';
import { convolve, windowPositions } from '../../graph/window.ts';
import { gather, pad, reshape, slice, transpose } from '../../graph/view.ts';
import type { Result, Rule } from '../rule.ts';
import { interleave } from './interleave.ts';
import { asMatrix, weightGradient } from './taps.ts';

export interface SpatialConvolution {
  readonly inputs: readonly [x: Value, weights: Value];
  readonly options: {
    /** Step along H and W. */
    readonly stride: 1 | 2;
    /** Zeros around H and W; below the kernel's side. */
    readonly padding: number;
  };
  readonly result: Result;
}

type Options = SpatialConvolution['options'];

export const spatialConvolution: Rule<SpatialConvolution> = (graph, [x, weights], options) => {
  const [, clips, frames, height, width] = dimsOfRank5(x, 'spatialConvolution');
  const [outputChannels] = dimsOfRank5(weights, 'spatialConvolution');
  const { stride, padding } = options;
  const pads = [0, padding, padding];
  const convolved = convolve(graph, asVolume(graph, x), weights, {
    strides: [1, stride, stride],
    padsBefore: pads,
    padsAfter: pads,
  });
  const [rows, columns] = [convolved.dims[3]!, convolved.dims[4]!];
  return {
    output: reshape(graph, convolved, [outputChannels, clips, frames, rows, columns]),
    derivative: (gradient) => [
      stride === 1
        ? inputGradient(graph, gradient, weights, { padding, dims: x.dims })
        : stridedInputGradient(graph, gradient, weights, { padding, dims: x.dims, height, width }),
      weightGradient(graph, asMatrix(graph, gradient), taps(graph, x, weights, options), weights.dims),
    ],
  };
};

/** `[C, N, T, H, W]` as one image stack `[1, C, N * T, H, W]`. */
function asVolume(graph: Graph, x: Value): Value {
  const [channels, clips, frames, height, width] = dimsOfRank5(x, 'spatialConvolution');
  return reshape(graph, x, [1, channels, clips * frames, height, width]);
}

/** For every tap of the kernel, what it saw of x: `[Ci, P]`. */
function taps(graph: Graph, x: Value, weights: Value, { stride, padding }: Options): readonly Value[] {
  const [, , , height, width] = dimsOfRank5(x, 'spatialConvolution');
  const side = weights.dims[4]!;
  const padded = pad(graph, x, [
    { axis: 3, before: padding, after: padding },
    { axis: 4, before: padding, after: padding },
  ]);
  const range = (
    axis: number,
    length: number,
    tap: number,
  ): { axis: number; start: number; end: number; step: number } => {
    const positions = windowPositions(length, { kernel: side, stride, pads: 2 * padding });
    return { axis, start: tap, end: tap + stride * (positions - 1) + 1, step: stride };
  };
  return Array.from({ length: side * side }, (_, tap) => {
    const seen = slice(graph, padded, [
      range(3, height, Math.floor(tap / side)),
      range(4, width, tap % side),
    ]);
    return asMatrix(graph, seen);
  });
}

/** Stride 1: the convolution of the gradient with the kernel turned by 180 degrees, channels swapped. */
function inputGradient(
  graph: Graph,
  gradient: Value,
  weights: Value,
  { padding, dims }: { readonly padding: number; readonly dims: readonly number[] },
): Value {
  const [outputChannels, inputChannels, , side] = dimsOfRank5(weights, 'spatialConvolution');
  const turned = transpose(graph, turn(graph, weights), [1, 0, 2]);
  const pads = [0, side - 1 - padding, side - 1 - padding];
  const convolved = convolve(
    graph,
    asVolume(graph, gradient),
    reshape(graph, turned, [inputChannels, outputChannels, 1, side, side]),
    { strides: [1, 1, 1], padsBefore: pads, padsAfter: pads },
  );
  return reshape(graph, convolved, dims);
}

/** The kernel turned by 180 degrees, `[Co, Ci, taps]`: a product with the reversal matrix, faster than Gather. */
function turn(graph: Graph, weights: Value): Value {
  const [outputChannels, inputChannels, , side] = dimsOfRank5(weights, 'spatialConvolution');
  const count = side * side;
  const reversal = new Float32Array(count * count);
  for (let tap = 0; tap < count; tap += 1) {
    reversal[tap * count + (count - 1 - tap)] = 1;
  }
  const rows = reshape(graph, weights, [outputChannels * inputChannels, count]);
  const reversed = matrixProduct(graph, rows, graph.constant(reversal, [count, count]));
  return reshape(graph, reversed, [outputChannels, inputChannels, count]);
}

/** One axis of one parity phase of a stride-2 input gradient: which taps reach it, in ascending order of offset. */
interface PhaseAxis {
  readonly taps: readonly number[];
  readonly before: number;
  readonly after: number;
}

/**
 * Row 2m + parity of x was seen by tap r at output row m + (parity + padding - r) / 2, so a phase is a dense
 * convolution of the gradient with every second tap, and no work is spent on zeros.
 */
function phaseAxis(parity: number, side: number, padding: number, length: number): PhaseAxis {
  const taps = Array.from({ length: side }, (_, index) => side - 1 - index).filter(
    (tap) => (parity + padding - tap) % 2 === 0,
  );
  const offsets = taps.map((tap) => (parity + padding - tap) / 2);
  const before = -offsets[0]!;
  const positions = windowPositions(length, { kernel: side, stride: 2, pads: 2 * padding });
  const phaseLength = Math.ceil((length - parity) / 2);
  return { taps, before, after: phaseLength - positions - before + taps.length - 1 };
}

function stridedInputGradient(
  graph: Graph,
  gradient: Value,
  weights: Value,
  shape: {
    readonly padding: number;
    readonly dims: readonly number[];
    readonly height: number;
    readonly width: number;
  },
): Value {
  const [outputChannels, inputChannels, , side] = dimsOfRank5(weights, 'spatialConvolution');
  const swapped = transpose(
    graph,
    reshape(graph, weights, [outputChannels, inputChannels, side * side]),
    [1, 0, 2],
  );
  const [, clips, frames] = dimsOfRank5(gradient, 'spatialConvolution');
  const phase = (rowParity: number, columnParity: number): Value => {
    const rows = phaseAxis(rowParity, side, shape.padding, shape.height);
    const columns = phaseAxis(columnParity, side, shape.padding, shape.width);
    const picked = gather(
      graph,
      swapped,
      rows.taps.flatMap((row) => columns.taps.map((column) => row * side + column)),
      2,
    );
    const kernel = [inputChannels, outputChannels, 1, rows.taps.length, columns.taps.length];
    const convolved = convolve(graph, asVolume(graph, gradient), reshape(graph, picked, kernel), {
      strides: [1, 1, 1],
      padsBefore: [0, rows.before, columns.before],
      padsAfter: [0, rows.after, columns.after],
    });
    return reshape(graph, convolved, [inputChannels, clips, frames, convolved.dims[3]!, convolved.dims[4]!]);
  };
  return interleave(
    graph,
    [
      [phase(0, 0), phase(0, 1)],
      [phase(1, 0), phase(1, 1)],
    ],
    shape.dims,
  );
}
