/**
 * The stage tables of the networks, as data made from a spec. In: a `NetworkSpec`. Out: one row per residual stage and
 * pathway. Widths double from stage to stage; where the temporal kernels sit is what tells the networks apart.
 */
import type { Stage } from './bottleneck.ts';
import type { NetworkSpec } from './network.ts';

/** Temporal kernel of a block, by stage and block number, both from 0. */
type TemporalKernel = (stage: number, block: number) => number;

/** I3D: stage 1 always 3; stages 2 and 3 alternate 3, 1; stage 4 alternates 1, 3. */
const I3D_KERNEL: TemporalKernel = (stage, block) => {
  if (stage === 0) {
    return 3;
  }
  return (block + (stage === 3 ? 1 : 0)) % 2 === 0 ? 3 : 1;
};

/** Slow pathway: from the third stage on, where receptive fields are wide enough for motion to be seen. */
const SLOW_KERNEL: TemporalKernel = (stage) => (stage >= 2 ? 3 : 1);

const FAST_KERNEL: TemporalKernel = () => 3;

export function i3dStages(spec: NetworkSpec): readonly Stage[] {
  return stageTable(spec, spec.width, I3D_KERNEL);
}

export function slowStages(spec: NetworkSpec): readonly Stage[] {
  return stageTable(spec, spec.width, SLOW_KERNEL);
}

export function fastStages(spec: NetworkSpec): readonly Stage[] {
  return stageTable(spec, fastWidth(spec), FAST_KERNEL);
}

/** Channels of the fast pathway's stem. */
export function fastWidth(spec: NetworkSpec): number {
  return spec.width / spec.betaInv;
}

function stageTable(spec: NetworkSpec, width: number, temporalKernel: TemporalKernel): readonly Stage[] {
  return spec.blocks.map((blocks, stage) => {
    const inner = width * 2 ** stage;
    return {
      inner,
      outer: inner * spec.expansion,
      spatialStride: stage === 0 ? 1 : 2,
      temporalKernels: Array.from({ length: blocks }, (_, block) => temporalKernel(stage, block)),
    };
  });
}
