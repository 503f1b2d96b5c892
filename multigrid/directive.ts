/**
 * The directive: the one phase the trainer is to run now. Written by the operator into `status.directive`, read by
 * rank 0 of the trainer, acknowledged by `status.progress.generation`. Built from a plan by `directiveFor`.
 */
import type { Normalization, Phase, ShortCycleShape } from './plan/types.ts';

export interface Directive {
  /** Grows by one with every directive of a job; progress with the same number acknowledges it. */
  readonly generation: number;
  readonly planHash: string;
  /** Index of the phase to run; a generation that repeats the index changes something else (workers, micro-batch). */
  readonly phase: number;
  readonly startEpoch: number;
  readonly endEpoch: number;
  readonly frames: number;
  readonly cropSize: number;
  readonly shortCycle: readonly ShortCycleShape[];
  readonly globalBatch: number;
  readonly batchPerWorker: number;
  /** Clips per run of the step graph; 0: the trainer finds the largest that fits. */
  readonly microBatch: number;
  readonly normalization: Normalization;
  readonly learningRate: number;
  readonly iterationsPerEpoch: number;
  /** Number of the phase's last iteration, counted from the start of training, exclusive. */
  readonly lastIteration: number;
  readonly workers: number;
}

/** Iterations of one phase. */
export function phaseIterations(phase: Phase): number {
  return (phase.endEpoch - phase.startEpoch) * phase.iterationsPerEpoch;
}

/** Iterations of all phases before `phaseIndex`. */
export function iterationsBefore(phases: readonly Phase[], phaseIndex: number): number {
  return phases.slice(0, phaseIndex).reduce((sum, phase) => sum + phaseIterations(phase), 0);
}

/**
 * The directive that runs one phase of a plan.
 *
 * @throws RangeError when the plan has no phase of that index.
 */
export function directiveFor(
  plan: { readonly hash: string; readonly phases: readonly Phase[] },
  phaseIndex: number,
  settings: { readonly generation: number; readonly workers: number; readonly microBatch: number },
): Directive {
  const phase = plan.phases[phaseIndex];
  if (phase === undefined) {
    throw new RangeError(`the plan has ${plan.phases.length} phases, so there is no phase ${phaseIndex}`);
  }
  return {
    generation: settings.generation,
    planHash: plan.hash,
    phase: phase.index,
    startEpoch: phase.startEpoch,
    endEpoch: phase.endEpoch,
    frames: phase.frames,
    cropSize: phase.cropSize,
    shortCycle: phase.shortCycle,
    globalBatch: phase.globalBatch,
    batchPerWorker: phase.batchPerWorker,
    microBatch: settings.microBatch,
    normalization: phase.normalization,
    learningRate: phase.learningRate,
    iterationsPerEpoch: phase.iterationsPerEpoch,
    lastIteration: iterationsBefore(plan.phases, phaseIndex + 1),
    workers: settings.workers,
  };
}
