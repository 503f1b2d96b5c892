/**
 * Precise batch norm (method.md 1.7): with fixed weights, the population mean and variance of every layer over many
 * batches of the long-cycle shape, in place of the running averages. Off unless the recipe asks for it. Called by
 * `evaluate-network.ts` before an evaluation.
 */
import type { Phase } from '../../../multigrid/plan/types.ts';
import { PreciseEstimate } from '../../models/normalization-statistics.ts';
import type { PopulationStatistics } from './evaluate.ts';
import { groupsOfPhase } from '../steps/step-shapes.ts';
import type { TrainingRun } from '../training-run.ts';

/** Estimates over at most one epoch of batches; the parameters do not move. */
export async function preciseStatistics(
  run: TrainingRun,
  phase: Phase,
  signal: AbortSignal,
): Promise<PopulationStatistics> {
  const iterations = Math.min(run.settings.preciseIterations, phase.iterationsPerEpoch);
  const groups = groupsOfPhase(phase);
  const runner = await run.steps.runner({
    clips: phase.batchPerWorker,
    groups,
    frames: phase.frames,
    cropSize: phase.cropSize,
  });
  const estimates = new Map(
    run.network.normalizations.map(({ name, channels }) => [name, new PreciseEstimate(groups, channels)]),
  );
  let batchIndex = 0;
  for await (const batch of run.clips.precise(phase, iterations, signal)) {
    // A forward pass in training mode; its gradients are overwritten by the next step and never applied.
    const outcome = await runner.run(batch, run.state.iteration + batchIndex);
    batch.release();
    run.reporter.moved();
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
