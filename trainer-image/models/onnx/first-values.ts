/**
 * First values of parameters that the file has no numbers for: a graph stored without its weights, a classifier for another
 * number of classes. In: dims, role and reader. Out: the rule that `initial-values.ts` draws by.
 */
import type { ParameterInfo } from '../network.ts';
import type { Initialization } from '../parameter-layers.ts';

/** Standard deviation of the classifier's first weights, as in the zoo. */
const CLASSIFIER_DEVIATION = 0.01;
/** Of tables that are added, such as positions: as published for vision transformers. */
const TABLE_DEVIATION = 0.02;

export function firstValues(
  dims: readonly number[],
  role: ParameterInfo['role'],
  reader: { readonly operator: string; readonly isClassifier: boolean },
): Initialization {
  if (role !== 'weight') {
    return { kind: 'constant', value: role === 'gamma' ? 1 : 0 };
  }
  return { kind: 'normal', deviation: deviationOf(dims, reader) };
}

function deviationOf(
  dims: readonly number[],
  { operator, isClassifier }: { readonly operator: string; readonly isClassifier: boolean },
): number {
  if (isClassifier) {
    return CLASSIFIER_DEVIATION;
  }
  const [first = 1, second = 1, ...kernel] = dims;
  switch (operator) {
    case 'Conv':
      // He: the deviation counts the channels and taps that come out.
      return Math.sqrt(2 / kernel.reduce((product, length) => product * length, first));
    case 'ConvTranspose':
      return Math.sqrt(2 / kernel.reduce((product, length) => product * length, second));
    case 'MatMul':
    case 'Gemm':
    case 'Transpose':
      return Math.sqrt(2 / (first + (dims[1] ?? first)));
    default:
      return TABLE_DEVIATION;
  }
}
