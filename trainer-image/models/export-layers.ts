/**
 * Builds a network as the plain inference model people take away: ordinary ONNX operators on `[N, C, T, H, W]`, batch
 * norm folded into weights and biases, weights stored in the model. In: trained values. Out: logits `[N, K]`. Nothing
 * emitted here depends on N, which the model leaves free.
 */
import { add, unary } from '../graph/elementwise.ts';
import type { Graph } from '../graph/graph.ts';
import { matrixProduct } from '../graph/product.ts';
import { reduce } from '../graph/reduce.ts';
import { elementCount } from '../graph/value.ts';
import type { Value } from '../graph/value.ts';
import { concat, gather } from '../graph/view.ts';
import { convolve, maxPool } from '../graph/window.ts';
import type { ConvolutionOptions, Layers, StemOptions } from './layers.ts';
import type { NetworkValues } from './network.ts';
import { BATCH_NORM_EPSILON } from './normalization-statistics.ts';
import { slowFramePositions } from './slow-frames.ts';

/** A value that a network needs was not among those handed over for export. */
export class MissingValueError extends Error {
  override readonly name = 'MissingValueError';
}

export class ExportLayers implements Layers<Value> {
  readonly #graph: Graph;
  readonly #values: NetworkValues;
  readonly #classes: number;

  constructor(graph: Graph, values: NetworkValues, classes: number) {
    this.#graph = graph;
    this.#values = values;
    this.#classes = classes;
  }

  /** @throws MissingValueError when weights or statistics are missing. */
  stem(label: string, clip: Value, options: StemOptions): Value {
    const pads = [0, 1, 1];
    const convolved = this.convolution(label, clip, { ...options, relu: false });
    const pooled = maxPool(this.#graph, convolved, [1, 3, 3], {
      strides: [1, 2, 2],
      padsBefore: pads,
      padsAfter: pads,
    });
    return unary(this.#graph, 'Relu', pooled);
  }

  /** @throws MissingValueError when weights or statistics are missing. */
  convolution(label: string, x: Value, options: ConvolutionOptions): Value {
    const { channels, kernel, stride, relu } = options;
    const { weights, bias } = this.#fold(label, channels);
    const padding = kernel.map((length) => Math.floor(length / 2));
    const convolved = this.#graph.scoped(label, () =>
      convolve(
        this.#graph,
        x,
        this.#graph.initializer(`${label}.weight`, weights, [channels, this.channels(x), ...kernel]),
        { strides: stride, padsBefore: padding, padsAfter: padding },
        this.#graph.initializer(`${label}.bias`, bias, [channels]),
      ),
    );
    return relu ? unary(this.#graph, 'Relu', convolved) : convolved;
  }

  poolTime(_label: string, x: Value): Value {
    const pads = [0, 0, 0];
    return maxPool(this.#graph, x, [2, 1, 1], { strides: [2, 1, 1], padsBefore: pads, padsAfter: pads });
  }

  addRelu(_label: string, x: Value, shortcut: Value): Value {
    return unary(this.#graph, 'Relu', add(this.#graph, x, shortcut));
  }

  concatChannels(_label: string, parts: readonly Value[]): Value {
    return concat(this.#graph, parts, 1);
  }

  slowFrames(_label: string, clip: Value, alpha: number): Value {
    return gather(this.#graph, clip, slowFramePositions(clip.dims[2]!, alpha), 2);
  }

  channels(x: Value): number {
    return x.dims[1]!;
  }

  classifier(label: string, pathways: readonly Value[]): Value {
    const pooled = pathways.map((x) => reduce(this.#graph, 'ReduceMean', x, { axes: [2, 3, 4] }));
    const features = this.concatChannels(label, pooled);
    const inputs = this.channels(features);
    const weights = transposed(valueOf(this.#values.parameters, `${label}.weight`), this.#classes, inputs);
    const bias = valueOf(this.#values.parameters, `${label}.bias`);
    const product = matrixProduct(
      this.#graph,
      features,
      this.#graph.initializer(`${label}.weight`, weights, [inputs, this.#classes]),
    );
    return add(this.#graph, product, this.#graph.initializer(`${label}.bias`, bias, [this.#classes]));
  }

  /** gamma (w x - mean) / deviation + beta as one convolution with a bias. */
  #fold(label: string, channels: number): { readonly weights: Float32Array; readonly bias: Float32Array } {
    const { parameters, means, variances } = this.#values;
    const weights = valueOf(parameters, `${label}.weight`);
    const gamma = valueOf(parameters, `${label}.norm.gamma`);
    const beta = valueOf(parameters, `${label}.norm.beta`);
    const mean = valueOf(means, `${label}.norm`);
    const variance = valueOf(variances, `${label}.norm`);
    const scale = gamma.map((value, channel) => value / Math.sqrt(variance[channel]! + BATCH_NORM_EPSILON));
    const perChannel = elementCount([weights.length]) / channels;
    return {
      weights: weights.map((value, index) => value * scale[Math.floor(index / perChannel)]!),
      bias: beta.map((value, channel) => value - mean[channel]! * scale[channel]!),
    };
  }
}

function valueOf(values: ReadonlyMap<string, Float32Array>, name: string): Float32Array {
  const value = values.get(name);
  if (value === undefined) {
    throw new MissingValueError(
      `${name} is not among the values to export; hand over every parameter and batch norm`,
    );
  }
  return value;
}

function transposed(matrix: Float32Array, rows: number, columns: number): Float32Array {
  return matrix.map((_, index) => matrix[(index % rows) * columns + Math.floor(index / rows)]!);
}
