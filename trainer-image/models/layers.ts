/**
 * The small set of layers every network is made of. A network (`single-pathway.ts`, `slowfast.ts`) is one function over this
 * interface; what it becomes depends on the implementation it is given: a list of parameters, a training or evaluation
 * graph, or the export model. In: activations `V`. Out: activations `V`.
 */

import type { Similarity } from '../../multigrid/contract/network.ts';

/** Colours of a clip. */
export const COLOURS = 3;

/** Lengths along T, H, W. */
export type Extent = readonly [time: number, height: number, width: number];

/** Convolution without bias, batch norm, and a ReLU if wanted. Padding is half of the kernel. */
export interface ConvolutionOptions {
  /** Channels out. */
  readonly channels: number;
  readonly kernel: Extent;
  readonly stride: Extent;
  readonly relu: boolean;
  /** Last of a residual block: its gamma may start with 0. */
  readonly endsBlock?: boolean;
}

/** Convolution of a stem; padding is half of the kernel. */
export interface StemOptions {
  readonly channels: number;
  readonly kernel: Extent;
  readonly stride: Extent;
}

/**
 * One way to build a network. Labels are unique and name the parameters: `<label>.weight`, `<label>.norm.gamma`,
 * `<label>.norm.beta`; batch norms are called `<label>.norm`.
 */
export interface Layers<V> {
  /**
   * The first layers of a pathway: convolution and batch norm on the clip itself (no gradient flows to its input), max
   * pooling 1 x 3 x 3 with stride 2 in space, ReLU. ReLU comes last because it commutes with the maximum and then has a
   * quarter of the elements to do.
   */
  stem(label: string, clip: V, options: StemOptions): V;
  convolution(label: string, x: V, options: ConvolutionOptions): V;
  /** Max pooling 2 x 1 x 1 with stride 2 in time. */
  poolTime(label: string, x: V): V;
  addRelu(label: string, x: V, shortcut: V): V;
  /** Layers that belong together and that few activations enter: training may compute what is inside them twice. */
  block(body: () => V): V;
  /**
   * Non-local block (Wang et al. 2018): every position of a clip becomes itself plus a weighted sum over all positions.
   * Convolutions 1 x 1 x 1 with bias: theta, phi and g to half of the channels, phi and g of the activation max-pooled
   * 1 x 2 x 2; out back to all channels, batch norm whose gamma may start with 0, added to x. Parameters
   * `<label>.theta.weight`, `<label>.theta.bias`, the same of `phi`, `g` and `out`; the batch norm is `<label>.norm`.
   */
  nonLocal(label: string, x: V, similarity: Similarity): V;
  concatChannels(label: string, parts: readonly V[]): V;
  /** Every `alpha`-th frame of the clip, spread evenly from the first to the last. */
  slowFrames(label: string, clip: V, alpha: number): V;
  /** Channels of an activation. */
  channels(x: V): number;
  /** Mean over all positions, pathways joined, dropout, and the classifier `<label>.weight`, `<label>.bias`. */
  classifier(label: string, pathways: readonly V[]): V;
}

/** Channels inside a non-local block. */
export function nonLocalChannels(channels: number): number {
  return Math.floor(channels / 2);
}
