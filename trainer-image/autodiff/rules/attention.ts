/**
 * The sum that a non-local block takes over the positions of a clip (Wang et al. 2018). In: theta `[C, N, T, H, W]` of the
 * positions that look, phi and g `[C, N, T', H', W']` of those looked at. Out: `[C, N, T, H, W]`, for every position the
 * sum of g weighted by how similar theta and phi are. Clips are independent; a position sees all of its own clip.
 */
import { multiply, subtract } from '../../graph/elementwise.ts';
import type { Graph } from '../../graph/graph.ts';
import { softmax } from '../../graph/normalize.ts';
import { stackedProduct } from '../../graph/product.ts';
import { reduce } from '../../graph/reduce.ts';
import { dimsOfRank5, floatType } from '../../graph/value.ts';
import type { Value } from '../../graph/value.ts';
import { reshape, transpose } from '../../graph/view.ts';
import type { Operation, Rule } from '../rule.ts';

export type Attention = Operation<
  readonly [theta: Value, phi: Value, g: Value],
  {
    /** Weights: softmax of the products over all positions looked at, times 1 / sqrt(C); or products over their number. */
    readonly similarity: 'softmax' | 'dot-product';
  }
>;

export const attention: Rule<Attention> = (graph, inputs, { similarity }) => {
  const [theta, phi, g] = inputs.map((input) => byClip(graph, input));
  const matrices = { theta: theta!, phi: phi!, g: g! };
  const weigh = similarity === 'softmax' ? softmaxAttention : dotProductAttention;
  const { output, derivative } = weigh(graph, matrices);
  return {
    output: fromClips(graph, output, inputs[0].dims),
    derivative: (gradient) =>
      derivative(byClip(graph, gradient)).map((part, index) => fromClips(graph, part, inputs[index]!.dims)),
  };
};

/** Per clip: theta `[N, C, P]`, phi and g `[N, C, Q]`. */
interface Matrices {
  readonly theta: Value;
  readonly phi: Value;
  readonly g: Value;
}

interface Weighed {
  /** `[N, C, P]` */
  readonly output: Value;
  readonly derivative: (gradient: Value) => readonly [byTheta: Value, byPhi: Value, byG: Value];
}

function softmaxAttention(graph: Graph, { theta, phi, g }: Matrices): Weighed {
  const scale = graph.scalar(1 / Math.sqrt(theta.dims[1]!), floatType(theta));
  // Scaled before the product, which has many more elements.
  const scaled = multiply(graph, theta, scale);
  const weights = softmax(graph, 'Softmax', stackedProduct(graph, scaled, phi, { transposeA: true }));
  return {
    output: stackedProduct(graph, g, weights, { transposeB: true }),
    derivative: (dy) => {
      const byWeights = stackedProduct(graph, dy, g, { transposeA: true });
      const share = multiply(graph, byWeights, weights);
      const ofRow = reduce(graph, 'ReduceSum', share, { axes: [2], keepAxes: true });
      const byProducts = subtract(graph, share, multiply(graph, weights, ofRow));
      const byScaled = stackedProduct(graph, phi, byProducts, { transposeB: true });
      return [
        multiply(graph, byScaled, scale),
        stackedProduct(graph, scaled, byProducts),
        stackedProduct(graph, dy, weights),
      ];
    },
  };
}

/**
 * Without a softmax the products associate: (g phi^T) theta needs C x C numbers a clip in place of P x Q, and far fewer
 * multiply-adds where a clip has more positions than channels.
 */
function dotProductAttention(graph: Graph, { theta, phi, g }: Matrices): Weighed {
  const scale = graph.scalar(1 / phi.dims[2]!, floatType(phi));
  const scaled = multiply(graph, phi, scale);
  const summary = stackedProduct(graph, g, scaled, { transposeB: true });
  return {
    output: stackedProduct(graph, summary, theta),
    derivative: (dy) => {
      const bySummary = stackedProduct(graph, dy, theta, { transposeB: true });
      return [
        stackedProduct(graph, summary, dy, { transposeA: true }),
        multiply(graph, stackedProduct(graph, bySummary, g, { transposeA: true }), scale),
        stackedProduct(graph, bySummary, scaled),
      ];
    },
  };
}

/** `[C, N, T, H, W]` to a matrix per clip, `[N, C, T * H * W]`. */
function byClip(graph: Graph, x: Value): Value {
  const [channels, clips, frames, height, width] = dimsOfRank5(x, 'attention');
  const positions = frames * height * width;
  if (clips === 1) {
    return reshape(graph, x, [1, channels, positions]);
  }
  return transpose(graph, reshape(graph, x, [channels, clips, positions]), [1, 0, 2]);
}

/** The inverse of `byClip`. */
function fromClips(graph: Graph, x: Value, dims: readonly number[]): Value {
  return reshape(graph, dims[1] === 1 ? x : transpose(graph, x, [1, 0, 2]), dims);
}
