/**
 * Checks a derivative rule against the operation itself. In: an operation, inputs, and which of them to differentiate
 * by. Out: for each of those, the derivative along one random direction as the rule has it and as differences of the
 * forward pass have it. The differences are summed in double precision and taken at four points, so that what is left
 * is float32's rounding of the forward pass.
 */
import { encodeModel } from '../../trainer-image/graph/encode.ts';
import { Graph, type GraphDevice } from '../../trainer-image/graph/graph.ts';
import { elementCount } from '../../trainer-image/graph/value.ts';
import type { Value } from '../../trainer-image/graph/value.ts';
import type { Result } from '../../trainer-image/autodiff/rule.ts';
import { OnnxOracle } from './onnx-oracle.ts';
import type { OracleTensor } from './onnx-oracle.ts';

export interface DifferenceCase {
  /** Applies the operation to the inputs. */
  readonly apply: (graph: Graph, inputs: readonly Value[]) => Result;
  readonly inputs: readonly { readonly dims: readonly number[]; readonly data: Float32Array }[];
  /** Positions of the inputs to differentiate by. */
  readonly by: readonly number[];
  /** How far along the direction the forward pass is evaluated, at most. */
  readonly step: number;
  readonly seed: number;
  /** Whose spelling of the operation; default `cpu`. Both run here. */
  readonly device?: GraphDevice;
}

export interface DirectionalDerivative {
  readonly input: number;
  readonly rule: number;
  readonly difference: number;
  /** Root of the summed squares of the rule's terms: the natural size of a random sum. */
  readonly scale: number;
}

/** Uniform numbers in [-1, 1], multiples of 1/16 so that float32 holds sums with inputs of unit size well. */
export function randomDirection(length: number, seed: number): Float32Array {
  let state = (seed * 2654435761) >>> 0;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.round((state / 2 ** 32) * 32 - 16) / 16;
  });
}

export async function compareDerivatives(
  testCase: DifferenceCase,
): Promise<readonly DirectionalDerivative[]> {
  const { inputs, by, step, seed } = testCase;
  const { model, outputLength, outputDims } = buildModel(testCase);
  const oracle = await OnnxOracle.load(model);
  const weights = randomDirection(outputLength, seed + 1000);
  const feeds = (changed?: {
    readonly input: number;
    readonly data: Float32Array;
  }): Map<string, OracleTensor> => {
    const tensors = inputs.map(({ dims, data }, index) => ({
      dims,
      data: index === changed?.input ? changed.data : data,
    }));
    const named = new Map<string, OracleTensor>(tensors.map((tensor, index) => [`input${index}`, tensor]));
    return named.set('weights', { data: weights, dims: outputDims });
  };
  const gradients = await oracle.run(
    feeds(),
    by.map((input) => `gradient${input}`),
  );
  const derivatives: DirectionalDerivative[] = [];
  for (const input of by) {
    const { data } = inputs[input]!;
    const direction = randomDirection(data.length, seed + input);
    const lossAt = async (distance: number): Promise<number> => {
      const moved = data.map((value, index) => value + distance * direction[index]!);
      const results = await oracle.run(feeds({ input, data: moved }), ['output']);
      return dot(results.get('output')!, weights);
    };
    const near = (await lossAt(step / 2)) - (await lossAt(-step / 2));
    const far = (await lossAt(step)) - (await lossAt(-step));
    const gradient = gradients.get(`gradient${input}`)!;
    derivatives.push({
      input,
      rule: dot(gradient, direction),
      difference: (8 * near - far) / (6 * step),
      scale: Math.sqrt(gradient.reduce((sum, value, index) => sum + (value * direction[index]!) ** 2, 0)),
    });
  }
  await oracle.release();
  return derivatives;
}

function buildModel({ apply, inputs, by, device }: DifferenceCase): {
  readonly model: Uint8Array;
  readonly outputLength: number;
  readonly outputDims: readonly number[];
} {
  const graph = new Graph(device);
  const values = inputs.map(({ dims }, index) => graph.input(`input${index}`, 'float32', dims));
  const { output, derivative } = apply(graph, values);
  const weights = graph.input('weights', 'float32', output.dims);
  const gradients = derivative?.(weights) ?? [];
  graph.output('output', output);
  for (const input of by) {
    const gradient = gradients[input];
    if (gradient?.dims.join() !== inputs[input]!.dims.join()) {
      throw new Error(
        `the rule gives no gradient of dims [${inputs[input]!.dims.join(', ')}] by input ${input}`,
      );
    }
    graph.output(`gradient${input}`, gradient);
  }
  return {
    model: encodeModel(graph, { graphName: 'rule' }),
    outputLength: elementCount(output.dims),
    outputDims: output.dims,
  };
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, index) => sum + value * b[index]!, 0);
}
