/**
 * What became of every tensor when weights were loaded: as data for `pretrained.json`, as one line for people, and as the
 * message of the error when too little fits. In: a match. Pure.
 */
import type { WeightsReport } from '../../multigrid/contract/weights-report.ts';
import { formatDims } from '../graph/value.ts';
import type { TensorMatch } from './match-tensors.ts';
import type { NetworkTensor } from './network-tensors.ts';

export function reportOf(match: TensorMatch): WeightsReport {
  const { naming, fillings, newHead, missing, misfits, unused } = match;
  return {
    names: naming.kind,
    loaded: fillings.length,
    tensors: fillings.length + newHead.length + missing.length + misfits.length,
    inflated: fillings.filter(({ how }) => how === 'inflate').map(({ tensor }) => tensor.name),
    newHead: newHead.map(({ name }) => name),
    newHeadReason: newHead.length === 0 ? null : headReason(match),
    missing: missing.map(shownName),
    misfits: misfits.map(({ tensor, stored }) => ({
      name: shownName(tensor),
      dims: tensor.dims,
      stored: stored.name,
      storedDims: stored.dims,
    })),
    unused,
  };
}

/** One line for people, as in `318 of 320 tensors (PySlowFast's names); new classifier: ...`. */
export function reportLine(report: WeightsReport): string {
  const { loaded, tensors, names, newHeadReason } = report;
  const counted = [
    ['inflated from 2D', report.inflated],
    ['missing', report.missing],
    ['of another shape', report.misfits],
    ['unused in the file', report.unused],
  ] as const;
  return [
    `${loaded} of ${tensors} tensors loaded (names of ${names})`,
    ...(newHeadReason === null ? [] : [`new classifier: ${newHeadReason}`]),
    ...counted.filter(([, list]) => list.length > 0).map(([words, list]) => `${list.length} ${words}`),
  ].join('; ');
}

const EXAMPLES = 5;

/** Why a file is refused, and what to do. */
export function whatDoesNotFit({ naming, missing, misfits }: TensorMatch): string {
  const parts = [
    ...(missing.length === 0 ? [] : [`no values for ${listed(missing.map(shownName))}`]),
    ...(misfits.length === 0
      ? []
      : [
          `another shape of ${listed(
            misfits.map(
              ({ tensor, stored }) =>
                `${shownName(tensor)} (${formatDims(tensor.dims)} here, ${formatDims(stored.dims)} as ${stored.name})`,
            ),
          )}`,
        ]),
  ];
  return (
    `it has the names of ${naming.title}, but ${parts.join(', and ')}: give the file of the network that ` +
    'spec.model describes, or set spec.model.pretrained.allowMissing to leave these at their first values'
  );
}

function headReason({ storedClasses, newHead }: TensorMatch): string {
  return storedClasses === null
    ? 'the file has none'
    : `the file's has ${storedClasses} classes, the job ${newHead[0]?.dims[0] ?? 0}`;
}

function shownName({ name, part }: NetworkTensor): string {
  return part === 'mean' || part === 'variance' ? `${part} of ${name}` : name;
}

function listed(items: readonly string[]): string {
  const rest = items.length - EXAMPLES;
  const shown = items.slice(0, EXAMPLES).join(', ');
  return rest > 0 ? `${shown} and ${rest} more` : shown;
}
