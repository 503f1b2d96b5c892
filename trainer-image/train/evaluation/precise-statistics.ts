/**
 * Precise batch norm: with fixed weights, the population mean and variance of every layer over many batches of the long-cycle
 * shape, in place of the running averages. Off unless the recipe asks for it. In: a phase. Out: its population statistics.
 */
import { groupsOf } from '../../../multigrid/plan/groups.ts';
import type { Phase } from '../../../multigrid/plan/types.ts';
import type { Network } from '../../models/network.ts';
import { type PopulationStatistics, PreciseEstimate } from '../../models/normalization-statistics.ts';
import type { ClipSource } from '../clip-source.ts';
import type { ProgressReporter } from '../progress/progress-reporter.ts';
import type { TrainingSettings } from '../settings.ts';
import type { TrainingState } from '../state/training-state.ts';
import type { StepKit } from '../steps/step-kit.ts';

export interface PreciseParts {
  readonly settings: Pick<TrainingSettings, 'preciseIterations'>;
  readonly network: Pick<Network, 'normalizations'>;
  readonly state: Pick<TrainingState, 'iteration'>;
  readonly steps: Pick<StepKit, 'runner'>;
  readonly clips: Pick<ClipSource, 'precise'>;
  readonly reporter: Pick<ProgressReporter, 'moved'>;
}

/**
 * Estimates over at most one epoch of batches; the parameters do not move.
 *
 * @throws the signal's reason when aborted, also in the middle of a batch.
 */
export async function preciseStatistics(
  { settings, network, state, steps, clips, reporter }: PreciseParts,
  phase: Phase,
  signal: AbortSignal,
): Promise<PopulationStatistics> {
  const iterations = Math.min(settings.preciseIterations, phase.iterationsPerEpoch);
  const groups = groupsOf(phase);
  const { globalBatch, frames, cropSize } = phase;
  const runner = await steps.runner({ clips: globalBatch, groups, frames, cropSize });
  const estimates = new Map(
    network.normalizations.map(({ name, channels }) => [name, new PreciseEstimate(groups, channels)]),
  );
  let batchIndex = 0;
  for await (const batch of clips.precise(phase, iterations, signal)) {
    // A forward pass in training mode; its gradients are overwritten by the next step and never applied.
    const outcome = await runner.run(batch, state.iteration + batchIndex, { signal });
    batch.release();
    reporter.moved();
    for (const [name, statistics] of outcome.statistics) {
      estimates.get(name)!.add(statistics);
    }
    batchIndex += 1;
  }
  const population = [...estimates].map(([name, estimate]) => [name, estimate.population()] as const);
  return {
    means: new Map(population.map(([name, { mean }]) => [name, mean])),
    variances: new Map(population.map(([name, { variance }]) => [name, variance])),
  };
}
