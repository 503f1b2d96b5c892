/**
 * The residual stages of a pathway, as data made from a spec. In: a `NetworkSpec` and a row of `pathways.ts`. Out: one
 * row per stage. Widths double from stage to stage.
 */
import type { Stage } from './bottleneck.ts';
import type { NonLocalBlocks } from '../../multigrid/contract/network.ts';
import type { NetworkSpec } from './network.ts';
import { type PathwayName, PATHWAYS } from './pathways.ts';

/** Stages of a network with one pathway, or of SlowFast's slow one. */
export function mainStages(spec: NetworkSpec, pathway: Exclude<PathwayName, 'fast'>): readonly Stage[] {
  const { width, temporalBlocks, nonLocal } = spec;
  return stageTable(spec, { pathway, width, temporalBlocks, nonLocal });
}

export function fastStages(spec: NetworkSpec): readonly Stage[] {
  return stageTable(spec, {
    pathway: 'fast',
    width: fastWidth(spec),
    temporalBlocks: spec.fastTemporalBlocks,
    nonLocal: null,
  });
}

/** Channels of the fast pathway's stem. */
export function fastWidth(spec: NetworkSpec): number {
  return spec.width / spec.betaInv;
}

interface PathwaySizes {
  readonly pathway: PathwayName;
  readonly width: number;
  readonly temporalBlocks: readonly number[] | null | undefined;
  readonly nonLocal: NonLocalBlocks | null | undefined;
}

function stageTable(spec: NetworkSpec, sizes: PathwaySizes): readonly Stage[] {
  const { pathway, width, temporalBlocks, nonLocal } = sizes;
  return spec.blocks.map((blocks, stage) => {
    const inner = width * 2 ** stage;
    const kernels = PATHWAYS[pathway].temporalKernels[stage]!;
    const withTime = temporalBlocks?.[stage] ?? blocks;
    const places = nonLocal?.blocks[stage] ?? [];
    return {
      inner,
      outer: inner * spec.expansion,
      spatialStride: stage === 0 ? 1 : 2,
      blocks: Array.from({ length: blocks }, (_, block) => ({
        temporalKernel: block < withTime ? kernels[block % kernels.length]! : 1,
        nonLocal: nonLocal && places.includes(block) ? nonLocal.similarity : null,
      })),
    };
  });
}
