/**
 * A plan as version 1 of its format wrote it down for one worker: what the hash of a job was taken over that began with it. In: a
 * plan of today and its spec. Out: the same plan with the fields and the hash of then. Version 1 made plans for a number of
 * workers, of which only one was ever trained.
 */
import type { FilledSpec } from '../api/filled-spec.ts';
import { hashOfPlan, type Sha256Hex } from './plan.ts';
import type { Phase, Plan } from './types.ts';

export function asVersion1(plan: Plan, { multigrid }: FilledSpec, sha256Hex: Sha256Hex): Plan {
  const content = {
    ...plan,
    version: 1 as const,
    phases: plan.phases.map((phase) => phaseOf(phase, multigrid.groupSize)),
  };
  return { ...content, hash: hashOfPlan(content, sha256Hex) };
}

function phaseOf(phase: Phase, groupSize: number | null): Phase {
  if (!('groups' in phase)) {
    return phase;
  }
  const { groups, ...shared } = phase;
  const isPlain = groupSize === null || phase.globalBatch <= groupSize;
  return {
    ...shared,
    batchPerWorker: phase.globalBatch,
    normalization: isPlain ? { kind: 'plain', groups: 1 } : { kind: 'split', groups },
    shortCycle: phase.shortCycle.map((shape) => ({ ...shape, batchPerWorker: shape.globalBatch })),
  };
}
