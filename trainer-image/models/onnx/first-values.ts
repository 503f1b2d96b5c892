/**
 * First values of parameters that the file has no numbers for: a graph stored without its weights, a classifier for another
 * number of classes. In: dims, role and reader. Out: the rule that they are drawn by.
 */
import { CLASSIFIER_WEIGHTS, heWeights } from '../initial-values.ts';
import type { Initialization } from '../initial-values.ts';
import type { ParameterInfo } from '../network.ts';

/** Of tables that are added, such as positions: as published for vision transformers. */
const TABLE: Initialization = { kind: 'normal', deviation: 0.02 };

export function firstValues(
  dims: readonly number[],
  role: ParameterInfo['role'],
  { operator, isClassifier }: { readonly operator: string; readonly isClassifier: boolean },
): Initialization {
  if (role !== 'weight') {
    return { kind: 'constant', value: role === 'gamma' ? 1 : 0 };
  }
  if (isClassifier) {
    return CLASSIFIER_WEIGHTS;
  }
  const [first = 1, second = 1, ...kernel] = dims;
  switch (operator) {
    case 'Conv':
      return heWeights(first, kernel);
    case 'ConvTranspose':
      return heWeights(second, kernel);
    case 'MatMul':
    case 'Gemm':
    case 'Transpose':
      return { kind: 'normal', deviation: Math.sqrt(2 / (first + (dims[1] ?? first))) };
    default:
      return TABLE;
  }
}
