/**
 * Batch norm folded into the convolution before it, for the exported model: its population statistics become part of the
 * convolution's weights. In: nodes in order, and the numbers they read. Out: fewer nodes, and the tensors that are new.
 * A batch norm behind anything else, or behind a convolution that others read, stays.
 */
import type { NodeProto, TensorProto } from 'onnx-buf';
import { tensorMessage } from '../../graph/tensor-message.ts';
import { TYPE_CODES } from '../../graph/value.ts';
import { foldNormalization } from '../exported-values.ts';

export interface Numbers {
  readonly dims: readonly number[];
  readonly data: ArrayLike<number>;
}

export interface FoldedNodes {
  readonly nodes: readonly NodeProto[];
  readonly tensors: readonly TensorProto[];
}

/** ONNX's own, where the node names none. */
const EPSILON = 1e-5;

/**
 * @param numbersOf - what a name stands for; null where it is computed.
 * @param logits - name of what the nodes are there for.
 */
export function foldNormalizations(
  nodes: readonly NodeProto[],
  numbersOf: (name: string) => Numbers | null,
  logits: string,
): FoldedNodes {
  const makers = new Map(nodes.map((node) => [node.output[0] ?? '', node]));
  const readers = readersOf(nodes, logits);
  const known = (name: string): Numbers | null => {
    const maker = makers.get(name);
    return numbersOf(name) ?? (maker?.opType === 'Identity' ? known(maker.input[0] ?? '') : null);
  };
  const replaced = new Map<NodeProto, NodeProto | null>();
  const tensors: TensorProto[] = [];
  for (const norm of nodes.filter(({ opType }) => opType === 'BatchNormalization')) {
    const [source = ''] = norm.input;
    const convolution = makers.get(source);
    if (convolution?.opType === 'Conv' && readers.get(source) === 1) {
      const folded = foldInto(convolution, norm, known);
      if (folded !== null) {
        tensors.push(...folded.tensors);
        replaced.set(convolution, folded.node);
        replaced.set(norm, null);
      }
    }
  }
  const changed = nodes.flatMap((node) => replaced.get(node) ?? (replaced.has(node) ? [] : [node]));
  return { nodes: neededFor(changed, logits), tensors };
}

function readersOf(nodes: readonly NodeProto[], logits: string): ReadonlyMap<string, number> {
  const readers = new Map<string, number>([[logits, 1]]);
  for (const name of nodes.flatMap(({ input }) => input)) {
    readers.set(name, (readers.get(name) ?? 0) + 1);
  }
  return readers;
}

/** Nodes in order, without those that nothing reads any more. */
function neededFor(nodes: readonly NodeProto[], logits: string): readonly NodeProto[] {
  const needed = new Set([logits]);
  const kept = nodes.toReversed().filter(({ input, output }) => {
    const isNeeded = output.some((name) => needed.has(name));
    if (isNeeded) {
      input.forEach((name) => needed.add(name));
    }
    return isNeeded;
  });
  return kept.toReversed();
}

/** The convolution with its batch norm in its weights and bias; null where a number is not known. */
function foldInto(
  convolution: NodeProto,
  norm: NodeProto,
  known: (name: string) => Numbers | null,
): { readonly node: NodeProto; readonly tensors: readonly TensorProto[] } | null {
  const [source = '', weightName = '', biasName = ''] = convolution.input;
  const weight = known(weightName);
  const channels = weight?.dims[0] ?? 0;
  const vectors = norm.input.slice(1).map((name) => known(name)?.data);
  const bias = biasName === '' ? new Float32Array(channels) : known(biasName)?.data;
  const [gamma, beta, mean, variance] = vectors;
  const isWhole = [gamma, beta, mean, variance, bias].every((vector) => vector?.length === channels);
  if (weight === null || !isWhole) {
    return null;
  }
  const epsilon = norm.attribute.find(({ name }) => name === 'epsilon')?.f ?? EPSILON;
  const folded = foldNormalization(
    { weights: weight.data, bias: bias! },
    { gamma: gamma!, beta: beta!, mean: mean!, variance: variance!, epsilon },
  );
  const output = norm.output.slice(0, 1);
  const [weightOut, biasOut] = [`${output[0]}.folded.weight`, `${output[0]}.folded.bias`];
  return {
    node: { ...convolution, input: [source, weightOut, biasOut], output },
    tensors: [
      tensorMessage(weightOut, TYPE_CODES.float32, weight.dims, folded.weights),
      tensorMessage(biasOut, TYPE_CODES.float32, [channels], folded.bias),
    ],
  };
}
