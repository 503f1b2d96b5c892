/**
 * Which tensor of a file fills which tensor of a network, by names and shapes, before any value is read. In: a network
 * and what a file holds. Out: the fillings and everything that does not fit: `weights-report.ts` puts it into words,
 * `load-weights.ts` reads the values. Pure.
 */
import { sameDims } from '../graph/value.ts';
import type { Network } from '../models/network.ts';
import { namingOf, type Naming } from './name-tables.ts';
import { headLabel, networkTensors, type NetworkTensor } from './network-tensors.ts';
import { WeightsMismatchError } from './weights-error.ts';
import type { StoredTensor } from './weight-source.ts';

/** How a stored tensor becomes one of ours. */
export type Filling =
  | { readonly how: 'copy'; readonly tensor: NetworkTensor; readonly stored: string }
  /** A 2D kernel, repeated along time and divided by the number of repetitions. */
  | { readonly how: 'inflate'; readonly tensor: NetworkTensor; readonly stored: string }
  /** Statistics of the splits of a batch norm, brought together; variances need the means too. */
  | {
      readonly how: 'aggregate';
      readonly tensor: NetworkTensor;
      readonly stored: string;
      readonly means: string;
      readonly splits: number;
    };

/** A stored tensor of the right name and the wrong shape. */
export interface Misfit {
  readonly tensor: NetworkTensor;
  readonly stored: StoredTensor;
}

export interface TensorMatch {
  readonly naming: Naming;
  readonly fillings: readonly Filling[];
  /** Tensors of the classifier that keep their first values: another number of classes, or no classifier in the file. */
  readonly newHead: readonly NetworkTensor[];
  /** Classes of the file's classifier; null when it has none. */
  readonly storedClasses: number | null;
  /** Tensors other than the classifier's that the file has nothing for. */
  readonly missing: readonly NetworkTensor[];
  readonly misfits: readonly Misfit[];
  /** Names in the file that nothing was taken from. */
  readonly unused: readonly string[];
}

/** PyTorch's count of batches per batch norm: training here has no use for it, and nobody would miss it. */
const COUNTER = 'num_batches_tracked';
const EXAMPLES = 3;

/** @throws WeightsMismatchError when no name in the file is one of the network's under any naming. */
export function matchTensors(network: Network, stored: ReadonlyMap<string, StoredTensor>): TensorMatch {
  const naming = namingOf(network, (name) => stored.has(name));
  if (naming === null) {
    throw new WeightsMismatchError(noKnownName(network, [...stored.keys()]));
  }
  const fillings: Filling[] = [];
  const lacking: { readonly tensor: NetworkTensor; readonly found: StoredTensor | undefined }[] = [];
  const known = new Set<string>();
  for (const tensor of networkTensors(network)) {
    const names = naming.namesOf(tensor).filter((name) => stored.has(name));
    names.forEach((name) => known.add(name));
    const [found] = names.map((name) => stored.get(name)!);
    const filling = found === undefined ? null : fillingOf(tensor, found, stored);
    if (filling === null) {
      lacking.push({ tensor, found });
    } else {
      fillings.push(filling);
    }
  }
  const classifier = headLabel(network);
  const head = networkTensors(network).filter(({ label }) => label === classifier);
  const storedClasses = classesOf(naming, head, stored);
  const isNewHead = head.length > 0 && storedClasses !== network.numClasses;
  const isMadeAnew = ({ label }: NetworkTensor): boolean => isNewHead && label === classifier;
  const outside = lacking.filter(({ tensor, found }) => !(isMadeAnew(tensor) && isOtherHead(tensor, found)));
  return {
    naming,
    // Half a classifier is none: its bias alone would fit another number of classes only by accident.
    fillings: fillings.filter(({ tensor }) => !isMadeAnew(tensor)),
    newHead: isNewHead ? head : [],
    storedClasses,
    missing: outside.filter(({ found }) => found === undefined).map(({ tensor }) => tensor),
    misfits: outside.flatMap(({ tensor, found }) => (found === undefined ? [] : [{ tensor, stored: found }])),
    unused: [...stored.keys()].filter((name) => !known.has(name) && !name.endsWith(COUNTER)),
  };
}

/** The classifier of other classes, or of none; one for other features is another network's. */
function isOtherHead(tensor: NetworkTensor, found: StoredTensor | undefined): boolean {
  return found === undefined || sameDims(found.dims.slice(1), tensor.dims.slice(1));
}

function classesOf(
  naming: Naming,
  head: readonly NetworkTensor[],
  stored: ReadonlyMap<string, StoredTensor>,
): number | null {
  const found = head.map((tensor) =>
    naming
      .namesOf(tensor)
      .map((name) => stored.get(name))
      .find(Boolean),
  );
  return found.includes(undefined) ? null : (found[0]?.dims[0] ?? null);
}

function fillingOf(
  tensor: NetworkTensor,
  found: StoredTensor,
  stored: ReadonlyMap<string, StoredTensor>,
): Filling | null {
  const { name, dims } = found;
  if (name.includes('.split_bn.')) {
    return splitFilling(tensor, found, stored);
  }
  if (sameDims(withoutTrailingOnes(dims), withoutTrailingOnes(tensor.dims))) {
    return { how: 'copy', tensor, stored: name };
  }
  const isInflatable =
    dims.length === 4 && tensor.dims.length === 5 && sameDims(tensor.dims.toSpliced(2, 1), dims);
  return isInflatable ? { how: 'inflate', tensor, stored: name } : null;
}

/** Statistics `[splits * channels]` of a split batch norm. */
function splitFilling(
  tensor: NetworkTensor,
  { name, dims }: StoredTensor,
  stored: ReadonlyMap<string, StoredTensor>,
): Filling | null {
  const means = name.replace(/running_var$/u, 'running_mean');
  const splits = (dims[0] ?? 0) / tensor.dims[0]!;
  const isWhole = Number.isInteger(splits) && splits > 0 && dims.length === 1;
  return isWhole && sameDims(stored.get(means)?.dims ?? [], dims)
    ? { how: 'aggregate', tensor, stored: name, means, splits }
    : null;
}

/** A scale `[C, 1, 1, 1]` is a scale `[C]`, a kernel `[K, C, 1, 1]` one of `[K, C, 1, 1, 1]`. */
function withoutTrailingOnes(dims: readonly number[]): readonly number[] {
  return dims.slice(0, dims.findLastIndex((length) => length !== 1) + 1);
}

function noKnownName(network: Network, names: readonly string[]): string {
  const first = names.slice(0, EXAMPLES).join(', ');
  const ours = network.parameters
    .slice(0, EXAMPLES)
    .map(({ name }) => name)
    .join(', ');
  return (
    `none of its ${names.length} tensors (${first}, ...) has a name of this network; names of ` +
    `multigrid (${ours}, ...), PySlowFast, PyTorchVideo and torchvision are known: rename the tensors`
  );
}
