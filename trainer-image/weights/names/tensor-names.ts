/**
 * From a name table to names: where one of our tensors stands in a file of another project. In: a table and one
 * tensor. Out: the names it may have there, best first. The patterns of `name-table.ts` are read here only.
 */
import type { NetworkTensor } from '../network-tensors.ts';
import type { NameTable } from './name-table.ts';
import { meanName, varianceName } from './own-names.ts';

/**
 * Endings in PyTorch. A batch norm that was split for multigrid training (PySlowFast's SubBatchNorm3d) keeps the
 * statistics of its splits in `split_bn` and their aggregate in `bn`.
 */
const ENDINGS: Readonly<Record<NetworkTensor['part'], readonly string[]>> = {
  weight: ['.weight'],
  bias: ['.bias'],
  gamma: ['.weight'],
  beta: ['.bias'],
  mean: ['.running_mean', '.split_bn.running_mean', '.bn.running_mean'],
  variance: ['.running_var', '.split_bn.running_var', '.bn.running_var'],
};

/** Names of a tensor in a table's files, best first; none when the table does not know the layer. */
export function namesIn(table: NameTable, { label, part }: NetworkTensor): readonly string[] {
  const isLayer = part === 'weight' || part === 'bias';
  for (const row of table.rows) {
    const module = isLayer ? row.layer : row.norm;
    const numbers = module === undefined ? null : numbersIn(row.label, label);
    if (module !== undefined && numbers !== null) {
      return ENDINGS[part].map((ending) => filled(module, numbers) + ending);
    }
  }
  return [];
}

/** Our own name of a tensor. */
export function ownName({ name, part }: NetworkTensor): string {
  if (part === 'mean') {
    return meanName(name);
  }
  return part === 'variance' ? varianceName(name) : name;
}

/**
 * The name in the file of a PyTorch network that was read from ONNX: its parameters and batch norms have their PyTorch
 * names here too.
 */
export function pytorchName({ name, part }: NetworkTensor): string {
  return part === 'mean' || part === 'variance' ? name + ENDINGS[part][0]! : name;
}

type Numbers = Readonly<Record<string, string>>;

/** The numbers of a label that has the pattern's form; null when it has another. */
function numbersIn(pattern: string, label: string): Numbers | null {
  const expression = pattern.replaceAll('.', '\\.').replaceAll(/\{(\w+)\}/gu, '(?<$1>\\d+)');
  const match = new RegExp(`^${expression}$`, 'u').exec(label);
  return match === null ? null : (match.groups ?? {});
}

/** The pattern with numbers in it; `{stage+1}` adds. */
function filled(pattern: string, numbers: Numbers): string {
  return pattern.replaceAll(/\{(\w+?)(?:\+(\d+))?\}/gu, (_, name: string, offset: string | undefined) =>
    String(Number(numbers[name]) + Number(offset ?? 0)),
  );
}
