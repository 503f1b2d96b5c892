/**
 * How workers add up what lies on their devices, by what each of them has: the same answer on all. In: the device of every worker,
 * in the order of the ranks. Out: over the processor, by NCCL, or staged through main memory and why. Pure.
 */
import { RanksDisagreeError } from '../../mpi/mpi-errors.ts';
import { versionText } from '../../nccl/abi.ts';

/** A worker's device. */
export type RankDevice =
  | { readonly kind: 'cpu' }
  | {
      readonly kind: 'cuda';
      /** Which GPU of all in the world: 32 hexadecimal digits. */
      readonly uuid: string;
      /** As `NCCL_VERSION_CODE`; 0: there is none. */
      readonly nccl: number;
    };

export type WayOfSums =
  { readonly kind: 'host' | 'nccl' } | { readonly kind: 'staged'; readonly why: string };

/** @throws RanksDisagreeError when only some of the workers have a GPU. */
export function wayOfSums(devices: readonly RankDevice[]): WayOfSums {
  const gpus = devices.filter((device) => device.kind === 'cuda');
  if (gpus.length === 0) {
    return { kind: 'host' };
  }
  if (gpus.length < devices.length) {
    const without = devices.findIndex(({ kind }) => kind === 'cpu');
    const having = devices.findIndex(({ kind }) => kind === 'cuda');
    throw new RanksDisagreeError(
      `worker ${without} computes on its processor and worker ${having} on a GPU: give every worker a GPU, or set ` +
        "workers.executionProvider to cpu; the log of that worker says under 'device chosen' why it has none",
    );
  }
  const why = withoutNccl(gpus) ?? ofOtherVersion(gpus) ?? sharing(gpus);
  return why === null ? { kind: 'nccl' } : { kind: 'staged', why };
}

type Gpu = Extract<RankDevice, { kind: 'cuda' }>;

function withoutNccl(gpus: readonly Gpu[]): string | null {
  const rank = gpus.findIndex(({ nccl }) => nccl === 0);
  return rank < 0
    ? null
    : `worker ${rank} has no NCCL: run \`npm run install:nccl\`, or take the CUDA image of the trainer`;
}

function ofOtherVersion(gpus: readonly Gpu[]): string | null {
  const { nccl: first } = gpus[0]!;
  const rank = gpus.findIndex(({ nccl }) => nccl !== first);
  return rank < 0
    ? null
    : `worker 0 has NCCL ${versionText(first)}, worker ${rank} ${versionText(gpus[rank]!.nccl)}: give all of them the same image`;
}

function sharing(gpus: readonly Gpu[]): string | null {
  const ranks = gpus.map(({ uuid }) => gpus.findIndex((other) => other.uuid === uuid));
  const rank = ranks.findIndex((first, own) => first !== own);
  return rank < 0
    ? null
    : `workers ${ranks[rank]} and ${rank} share a GPU, which NCCL does not take: start as many workers as there are GPUs`;
}
