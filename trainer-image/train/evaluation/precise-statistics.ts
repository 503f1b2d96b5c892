/**
 * Precise batch norm: with fixed weights, the population mean and variance of every layer over many batches of the long-cycle
 * shape, in place of the running averages. Off unless the recipe asks for it. In: a phase. Out: its population statistics.
 */
import type { Phase } from '../../../multigrid/plan/types.ts';
import type { Network } from '../../models/network.ts';
import {
  type GroupStatistics,
  initialStatistics,
  populationOf,
  type PopulationStatistics,
  PreciseEstimate,
} from '../../models/normalization-statistics.ts';
import type { ClipSource } from '../clip-source.ts';
import type { Collective } from '../collective/collective.ts';
import { gatherGroups, ofGroups } from '../collective/gather-groups.ts';
import type { JointStop } from '../collective/joint-stop.ts';
import type { ProgressReporter } from '../progress/progress-reporter.ts';
import type { TrainingSettings } from '../settings.ts';
import type { TrainingState } from '../state/training-state.ts';
import type { StepKit } from '../steps/step-kit.ts';
import { type StepShare, stepShare, type Worker } from '../collective/step-share.ts';

export interface PreciseParts {
  readonly settings: Pick<TrainingSettings, 'preciseIterations'>;
  readonly worker: Worker;
  readonly collective: Pick<Collective, 'sum'>;
  readonly stop: Pick<JointStop, 'together' | 'agree' | 'signal'>;
  readonly network: Pick<Network, 'normalizations'>;
  readonly state: Pick<TrainingState, 'iteration'>;
  readonly steps: Pick<StepKit, 'runner'>;
  readonly clips: Pick<ClipSource, 'precise'>;
  readonly reporter: Pick<ProgressReporter, 'moved'>;
}

/**
 * Estimates over at most one epoch of batches; the parameters do not move.
 *
 * @throws the reason of the joint stop's signal when asked to stop, also in the middle of a batch.
 */
export async function preciseStatistics(parts: PreciseParts, phase: Phase): Promise<PopulationStatistics> {
  const { worker, collective, stop } = parts;
  const share = stepShare(phase, phase, worker);
  const estimates = await stop.together((asked) => estimate(parts, phase, share, asked));
  const layers = new Map<string, GroupStatistics>();
  for (const [name, own] of estimates) {
    const layer = initialStatistics(share.allGroups, own.channels);
    const { mean, variance } = ofGroups(layer, share.groups);
    mean.set(own.mean);
    variance.set(own.variance);
    await gatherGroups(layer, share.groups, collective);
    layers.set(name, layer);
  }
  return populationOf(layers);
}

/** Of this worker's groups, by layer. */
async function estimate(
  { settings, stop, network, state, steps, clips, reporter }: PreciseParts,
  phase: Phase,
  share: StepShare,
  asked: AbortSignal,
): Promise<ReadonlyMap<string, GroupStatistics>> {
  const iterations = Math.min(settings.preciseIterations, phase.iterationsPerEpoch);
  const runner = await steps.runner(share.shape);
  const groups = share.groups.count;
  const estimates = new Map(
    network.normalizations.map(({ name, channels }) => [name, new PreciseEstimate(groups, channels)]),
  );
  const { spanning } = share;
  // Whose groups span workers goes through the batches with the others.
  const signal = spanning === null ? asked : stop.signal;
  const options = { firstClip: share.clips.first, spanning, signal };
  let batchIndex = 0;
  for await (const batch of clips.precise(phase, iterations, signal)) {
    if (spanning !== null) {
      await stop.agree();
    }
    // A forward pass in training mode; its gradients are overwritten by the next step and never applied.
    const outcome = await runner.run(batch, state.iteration + batchIndex, options);
    batch.release();
    reporter.moved();
    for (const [name, statistics] of outcome.statistics) {
      estimates.get(name)!.add(statistics);
    }
    batchIndex += 1;
  }
  return new Map([...estimates].map(([name, one]) => [name, one.perGroup()]));
}
