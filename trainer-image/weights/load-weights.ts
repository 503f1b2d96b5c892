/**
 * Weights from a file into a network's own tensors. In: a network, an opened file, and whether tensors may be missing.
 * Out: the values that were found, and a report of what was done with every tensor. The trainer puts the values into its
 * parameters and population statistics (`train/opening/pretrained.ts`).
 */
import type { WeightsReport } from '../../multigrid/contract/weights-report.ts';
import type { Network, NetworkValues } from '../models/network.ts';
import { aggregateGroups } from '../models/normalization-statistics.ts';
import { inflateKernel } from './inflate.ts';
import { type Filling, matchTensors, type TensorMatch } from './match-tensors.ts';
import { WeightsFileError, WeightsMismatchError } from './weights-error.ts';
import { reportOf, whatDoesNotFit } from './weights-report.ts';
import type { WeightSource } from './weight-source.ts';

export interface LoadedWeights {
  /** Only what the file holds: tensors left out keep their first values. */
  readonly values: NetworkValues;
  readonly report: WeightsReport;
}

export interface LoadOptions {
  /** Layers other than the classifier may keep their first values when the file has nothing that fits them. */
  readonly allowMissing: boolean;
}

/**
 * Reads what a network can take from a file. Names and shapes are compared before any value is read, so memory stays
 * within the network's own size.
 *
 * @throws WeightsMismatchError when tensors other than the classifier's are missing or misshapen, and that is not allowed,
 *   or batch norms were folded away.
 * @throws WeightsFileError when values are no finite numbers, or variances negative.
 */
export async function loadWeights(
  network: Network,
  source: WeightSource,
  { allowMissing }: LoadOptions,
): Promise<LoadedWeights> {
  const match = matchTensors(network, source.tensors);
  if (source.whenFolded !== undefined && isFolded(match)) {
    throw new WeightsMismatchError(source.whenFolded);
  }
  if (!allowMissing && (match.missing.length > 0 || match.misfits.length > 0)) {
    throw new WeightsMismatchError(whatDoesNotFit(match));
  }
  return { values: await readValues(match, source), report: reportOf(match) };
}

/** A convolution has its weights in the file, and its batch norm has nothing there. */
function isFolded({ fillings, missing }: TensorMatch): boolean {
  const withoutScale = new Set(missing.filter(({ part }) => part === 'gamma').map(({ label }) => label));
  return fillings.some(({ tensor }) => tensor.part === 'weight' && withoutScale.has(tensor.label));
}

async function readValues({ fillings }: TensorMatch, source: WeightSource): Promise<NetworkValues> {
  const parameters = new Map<string, Float32Array>();
  const means = new Map<string, Float32Array>();
  const variances = new Map<string, Float32Array>();
  for (const filling of fillings) {
    const { name, part } = filling.tensor;
    const values = await fill(filling, source);
    requireSound(filling, values);
    if (part === 'mean' || part === 'variance') {
      (part === 'mean' ? means : variances).set(name, values);
    } else {
      parameters.set(name, values);
    }
  }
  return { parameters, means, variances };
}

async function fill(filling: Filling, source: WeightSource): Promise<Float32Array> {
  const values = await source.read(filling.stored);
  const { dims, part } = filling.tensor;
  switch (filling.how) {
    case 'copy':
      return values;
    case 'inflate': {
      const [, , frames = 1, height = 1, width = 1] = dims;
      return inflateKernel(values, height * width, frames);
    }
    case 'aggregate': {
      const mean = part === 'mean' ? values : await source.read(filling.means);
      const variance = part === 'mean' ? new Float32Array(values.length) : values;
      const groups = { groups: filling.splits, channels: dims[0]!, mean, variance };
      return aggregateGroups(groups)[part === 'mean' ? 'mean' : 'variance'];
    }
  }
}

function requireSound({ stored, tensor }: Filling, values: Float32Array): void {
  const index = values.findIndex((value) => !Number.isFinite(value));
  if (index >= 0) {
    throw new WeightsFileError(
      `tensor ${stored} holds ${values[index]} at position ${index}; weights are finite numbers: take a file from ` +
        'before the training diverged',
    );
  }
  const negative = tensor.part === 'variance' ? values.findIndex((value) => value < 0) : -1;
  if (negative >= 0) {
    throw new WeightsFileError(
      `tensor ${stored} holds ${values[negative]} at position ${negative}; variances are not negative`,
    );
  }
}
