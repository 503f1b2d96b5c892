/**
 * A network's trained values as a safetensors file, under our names or those of another project, population statistics
 * included. In: the network and its values. Out: bytes that `load-weights.ts` reads back, and PyTorch's `load_state_dict`
 * takes under the other project's names. Called by `multigrid export`.
 */
import type { Network, NetworkValues } from '../models/network.ts';
import { type ExportNames, namingForExport } from './name-tables.ts';
import { networkTensors, type NetworkTensor } from './network-tensors.ts';
import { encodeTensorFile, type NamedArray } from './safetensors.ts';
import { WeightsMismatchError } from './weights-error.ts';

export interface ExportedTensors {
  readonly names: ExportNames;
  readonly metadata: Readonly<Record<string, string>>;
}

/** @throws WeightsMismatchError when a layer has no name in the other project, or a value is missing. */
export function encodeWeights(
  network: Network,
  values: NetworkValues,
  { names, metadata }: ExportedTensors,
): Uint8Array {
  const naming = namingForExport(names);
  const tensors = networkTensors(network).map((tensor): NamedArray => {
    const [name] = naming.namesOf(tensor);
    if (name === undefined) {
      throw new WeightsMismatchError(
        `${naming.title} has no layer like ${tensor.label}, so its weights have no name there; export with --names multigrid`,
      );
    }
    return { name, dims: tensor.dims, data: valuesOf(tensor, values) };
  });
  return encodeTensorFile(tensors, { ...metadata, names });
}

function valuesOf(
  { name, part }: NetworkTensor,
  { parameters, means, variances }: NetworkValues,
): Float32Array {
  const values = part === 'mean' ? means : part === 'variance' ? variances : parameters;
  const found = values.get(name);
  if (found === undefined) {
    throw new WeightsMismatchError(`there is no ${part} of ${name} among the values to export`);
  }
  return found;
}
