/**
 * Builds a network as the plain inference model people take away: ordinary ONNX operators on `[N, C, T, H, W]`, batch
 * norm folded into weights and biases, weights stored in the model. In: trained values. Out: logits `[N, K]`. Nothing
 * emitted here depends on N, which the model leaves free.
 */
import type { Similarity } from '../../multigrid/contract/network.ts';
import { add, multiply, unary } from '../graph/elementwise.ts';
import type { Graph } from '../graph/graph.ts';
import { softmax } from '../graph/normalize.ts';
import { matrixProduct, stackedProduct } from '../graph/product.ts';
import { reduce } from '../graph/reduce.ts';
import { dimsOfRank5, elementCount } from '../graph/value.ts';
import type { Value } from '../graph/value.ts';
import { concat, gather, reshapeRest, transpose } from '../graph/view.ts';
import { convolve, maxPool } from '../graph/window.ts';
import { foldNormalization } from './exported-values.ts';
import { nonLocalChannels } from './layers.ts';
import type { ConvolutionOptions, Layers, StemOptions } from './layers.ts';
import type { NetworkValues } from './network.ts';
import { BATCH_NORM_EPSILON } from './normalization-statistics.ts';
import { slowFramePositions } from './slow-frames.ts';

/** A convolution's numbers. */
interface Affine {
  readonly weights: Float32Array;
  readonly bias: Float32Array;
}

export class ExportLayers implements Layers<Value> {
  readonly #graph: Graph;
  readonly #values: NetworkValues;
  readonly #classes: number;

  /** @param values all that the network has. */
  constructor(graph: Graph, values: NetworkValues, classes: number) {
    this.#graph = graph;
    this.#values = values;
    this.#classes = classes;
  }

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

  convolution(label: string, x: Value, options: ConvolutionOptions): Value {
    const weights = this.#parameter(`${label}.weight`);
    const folded = this.#fold(label, { weights, bias: new Float32Array(options.channels) });
    const convolved = this.#convolve(label, x, folded, options);
    return options.relu ? unary(this.#graph, 'Relu', convolved) : convolved;
  }

  nonLocal(label: string, x: Value, similarity: Similarity): Value {
    const graph = this.#graph;
    const [, channels, frames, height, width] = dimsOfRank5(x, label);
    const inner = nonLocalChannels(channels);
    const pointwise = { channels: inner, kernel: [1, 1, 1] as const, stride: [1, 1, 1] as const };
    const pads = [0, 0, 0];
    const pooled = maxPool(graph, x, [1, 2, 2], { strides: [1, 2, 2], padsBefore: pads, padsAfter: pads });
    const project = (part: string, from: Value): Value =>
      this.#convolve(`${label}.${part}`, from, this.#biased(`${label}.${part}`), pointwise);
    const seen = graph.scoped(label, () =>
      attend(graph, [project('theta', x), project('phi', pooled), project('g', pooled)], similarity),
    );
    const volume = reshapeRest(graph, seen, [inner, frames, height, width]);
    const out = this.#fold(label, this.#biased(`${label}.out`));
    return add(graph, x, this.#convolve(`${label}.out`, volume, out, { ...pointwise, channels }));
  }

  poolTime(_label: string, x: Value): Value {
    const pads = [0, 0, 0];
    return maxPool(this.#graph, x, [2, 1, 1], { strides: [2, 1, 1], padsBefore: pads, padsAfter: pads });
  }

  addRelu(_label: string, x: Value, shortcut: Value): Value {
    return unary(this.#graph, 'Relu', add(this.#graph, x, shortcut));
  }

  block(body: () => Value): Value {
    return body();
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
    const weights = transposed(this.#parameter(`${label}.weight`), this.#classes, inputs);
    const bias = this.#parameter(`${label}.bias`);
    const product = matrixProduct(
      this.#graph,
      features,
      this.#graph.initializer(`${label}.weight`, weights, [inputs, this.#classes]),
    );
    return add(this.#graph, product, this.#graph.initializer(`${label}.bias`, bias, [this.#classes]));
  }

  #convolve(
    label: string,
    x: Value,
    { weights, bias }: Affine,
    { channels, kernel, stride }: StemOptions,
  ): Value {
    const padding = kernel.map((length) => Math.floor(length / 2));
    return this.#graph.scoped(label, () =>
      convolve(
        this.#graph,
        x,
        this.#graph.initializer(`${label}.weight`, weights, [channels, this.channels(x), ...kernel]),
        { strides: stride, padsBefore: padding, padsAfter: padding },
        this.#graph.initializer(`${label}.bias`, bias, [channels]),
      ),
    );
  }

  #biased(label: string): Affine {
    return { weights: this.#parameter(`${label}.weight`), bias: this.#parameter(`${label}.bias`) };
  }

  #fold(label: string, affine: Affine): Affine {
    return foldNormalization(affine, {
      gamma: this.#parameter(`${label}.norm.gamma`),
      beta: this.#parameter(`${label}.norm.beta`),
      mean: this.#values.means.get(`${label}.norm`)!,
      variance: this.#values.variances.get(`${label}.norm`)!,
      epsilon: BATCH_NORM_EPSILON,
    });
  }

  #parameter(name: string): Float32Array {
    return this.#values.parameters.get(name)!;
  }
}

/**
 * The sum of a non-local block. In: theta, phi, g `[N, C, T, H, W]`. Out: `[N, C, P]`. The twin of the rule `attention`, in
 * ordinary operators.
 */
function attend(
  graph: Graph,
  [theta, phi, g]: readonly [Value, Value, Value],
  similarity: Similarity,
): Value {
  const rows = (x: Value): Value => reshapeRest(graph, x, [x.dims[1]!, elementCount(x.dims.slice(2))]);
  const looking = transpose(graph, rows(theta), [0, 2, 1]);
  const [seen, values] = [rows(phi), transpose(graph, rows(g), [0, 2, 1])];
  if (similarity === 'dot-product') {
    const scaled = multiply(graph, seen, graph.scalar(1 / seen.dims[2]!));
    const summary = stackedProduct(graph, scaled, values);
    return transpose(graph, stackedProduct(graph, looking, summary), [0, 2, 1]);
  }
  const scaled = multiply(graph, looking, graph.scalar(1 / Math.sqrt(seen.dims[1]!)));
  const weights = softmax(graph, 'Softmax', stackedProduct(graph, scaled, seen));
  return transpose(graph, stackedProduct(graph, weights, values), [0, 2, 1]);
}

function transposed(matrix: Float32Array, rows: number, columns: number): Float32Array {
  return matrix.map((_, index) => matrix[(index % rows) * columns + Math.floor(index / rows)]!);
}
