/**
 * Which projects' names are understood, and whose names a file uses. In: the tensors of a network and the names in a
 * file. Out: the names that most of the tensors are found under. `export-tensors.ts` writes by the same tables.
 */
import type { Network } from '../models/network.ts';
import type { NameKind, NameTable } from './names/name-table.ts';
import { PYSLOWFAST } from './names/pyslowfast.ts';
import { PYTORCHVIDEO_POOLED, PYTORCHVIDEO_SLOW, PYTORCHVIDEO_SLOWFAST } from './names/pytorchvideo.ts';
import { namesIn, ownName, pytorchName } from './names/tensor-names.ts';
import { TORCHVISION } from './names/torchvision.ts';
import { headLabel, networkTensors, type NetworkTensor } from './network-tensors.ts';

const TABLES: readonly NameTable[] = [
  PYSLOWFAST,
  PYTORCHVIDEO_SLOW,
  PYTORCHVIDEO_POOLED,
  PYTORCHVIDEO_SLOWFAST,
  TORCHVISION,
];

/** One way to name the tensors of a network. */
export interface Naming {
  readonly kind: NameKind;
  /** For messages. */
  readonly title: string;
  /** Names that a tensor may have, best first. */
  readonly namesOf: (tensor: NetworkTensor) => readonly string[];
}

/** Our own names first: they win where as many are found. */
const NAMINGS: readonly Naming[] = [
  { kind: 'multigrid', title: 'multigrid', namesOf: (tensor) => [ownName(tensor)] },
  { kind: 'pytorch', title: 'PyTorch', namesOf: (tensor) => [pytorchName(tensor)] },
  ...TABLES.map((table) => ({
    kind: table.kind,
    title: table.title,
    namesOf: (tensor: NetworkTensor) => namesIn(table, tensor),
  })),
];

/** Names that weights can be written under. */
export const EXPORT_NAMES = ['multigrid', 'pyslowfast', 'pytorch'] as const;
export type ExportNames = (typeof EXPORT_NAMES)[number];

export function namingForExport(names: ExportNames): Naming {
  return NAMINGS.find(({ kind }) => kind === names)!;
}

/** The naming under which most tensors are found; null when none is found under any. */
export function namingOf(network: Network, stored: (name: string) => boolean): Naming | null {
  // A classifier alone says nothing: every project has a tensor for it.
  const head = headLabel(network);
  const tensors = networkTensors(network).filter(({ label }) => label !== head);
  const counted = NAMINGS.map((naming) => ({
    naming,
    found: tensors.filter((tensor) => naming.namesOf(tensor).some(stored)).length,
  }));
  const best = counted.reduce((a, b) => (b.found > a.found ? b : a));
  return best.found === 0 ? null : best.naming;
}
