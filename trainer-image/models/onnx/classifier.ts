/**
 * The classifier of a network: the last matrix product before the logits. In: the nodes in order. Out: which node it is and
 * which stored tensors are its weight and bias, so that it can be made for another number of classes, or null.
 */
import type { OnnxModel, OnnxNode } from './model.ts';

/** A stored tensor of the classifier. */
export interface ClassifierTensor {
  readonly name: string;
  /** The axis that the classes lie along. */
  readonly classAxis: number;
}

export interface Classifier {
  readonly node: OnnxNode;
  readonly weight: ClassifierTensor;
  readonly bias: ClassifierTensor | null;
  readonly features: number;
  /** As exported. */
  readonly numClasses: number;
}

/** Operators between the product and the logits that keep the classes where they are. */
const PASSING = new Set(['Identity', 'Cast', 'Dropout', 'ReduceMean', 'Squeeze', 'Flatten', 'Reshape']);

export function findClassifier(
  model: OnnxModel,
  nodes: readonly OnnxNode[],
  logits: string,
): Classifier | null {
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
  let node = makers.get(logits);
  let bias: string | undefined;
  while (node !== undefined && node.operator !== 'Gemm' && node.operator !== 'MatMul') {
    const [first, second] = node.inputs;
    if (node.operator === 'Add' && bias === undefined) {
      const stored = [first, second].find((name) => name !== undefined && model.initializers.has(name));
      bias = stored;
      node = makers.get((stored === first ? second : first) ?? '');
    } else if (PASSING.has(node.operator)) {
      node = makers.get(first ?? '');
    } else {
      return null;
    }
  }
  return node === undefined ? null : classifierAt(model, makers, node, bias);
}

function classifierAt(
  model: OnnxModel,
  makers: ReadonlyMap<string, OnnxNode>,
  node: OnnxNode,
  addedBias: string | undefined,
): Classifier | null {
  const classAxis = isTransposedGemm(node) ? 0 : 1;
  const weight = storedMatrix(model, makers, node.inputs[1] ?? '', classAxis);
  const dims = model.initializers.get(weight?.name ?? '')?.dims;
  if (weight === null || dims === undefined) {
    return null;
  }
  const numClasses = dims[weight.classAxis]!;
  const bias = storedBias(model, node.operator === 'Gemm' ? node.inputs[2] : addedBias, numClasses);
  return { node, weight, bias, features: dims[1 - weight.classAxis]!, numClasses };
}

function isTransposedGemm({ operator, attributes }: OnnxNode): boolean {
  const transB = attributes.get('transB');
  return operator === 'Gemm' && transB?.kind === 'int' && transB.value === 1;
}

function storedBias(model: OnnxModel, name: string | undefined, numClasses: number): ClassifierTensor | null {
  const dims = model.initializers.get(name ?? '')?.dims;
  return name !== undefined && dims?.at(-1) === numClasses ? { name, classAxis: dims.length - 1 } : null;
}

/** A stored matrix behind identities and transposes. */
function storedMatrix(
  model: OnnxModel,
  makers: ReadonlyMap<string, OnnxNode>,
  name: string,
  classAxis: number,
): ClassifierTensor | null {
  let [source, axis] = [name, classAxis];
  for (let maker = makers.get(source); maker !== undefined; maker = makers.get(source)) {
    if (maker.operator !== 'Identity' && maker.operator !== 'Transpose') {
      return null;
    }
    axis = maker.operator === 'Transpose' ? 1 - axis : axis;
    source = maker.inputs[0] ?? '';
  }
  const stored = model.initializers.get(source);
  return stored?.dims.length === 2 ? { name: source, classAxis: axis } : null;
}
