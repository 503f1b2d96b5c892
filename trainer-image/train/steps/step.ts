/**
 * One training step: the clips of an iteration, spread over lanes, through the training graph; gradients land in the
 * store, batch statistics in the outcome. `step-kit.ts` builds one runner per shape.
 */
import type { ClipBatch } from '../../data/clip-request.ts';
import { isAllFinite } from '../checkpoints/finite.ts';
import { everyLane } from '../../engine/every-lane.ts';
import { StepLane } from './step-lane.ts';
import type { StepRunnerParts, StepStatistics } from './step-parts.ts';

export interface StepOutcome {
  /** Mean over all clips of the step. */
  readonly loss: number;
  /** Clips of whose classes one got the highest logit. */
  readonly correct: number;
  /** Whether the loss, all gradients and all batch statistics are finite: whether they may be applied. */
  readonly isFinite: boolean;
  readonly statistics: ReadonlyMap<string, StepStatistics>;
}

export interface StepOptions {
  /** What the loss is multiplied by before the backward pass; only mixed precision reads it. Default 1. */
  readonly lossScale?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Runs the steps of one shape. Holds the session's bindings until `dispose`. */
export class StepRunner {
  readonly #parts: StepRunnerParts;
  readonly #lanes: readonly StepLane[];
  readonly #statistics: ReadonlyMap<string, StepStatistics>;

  constructor(parts: StepRunnerParts) {
    this.#parts = parts;
    const { layout, network, graph } = parts;
    this.#lanes = openLanes(parts);
    const groups = layout.runs * layout.groupsPerRun;
    this.#statistics = new Map(
      network.normalizations.map(({ name, channels }) => [
        name,
        {
          mean: new Float32Array(groups * channels),
          variance: new Float32Array(groups * channels),
          valuesPerGroup: graph.valuesPerGroup.get(name) ?? 0,
        },
      ]),
    );
  }

  get lanes(): number {
    return this.#parts.layout.lanes;
  }

  /**
   * Forward, loss and backward of one batch; afterwards gradient set `l` of the store holds the sum over the runs of
   * lane `l`. The mean gradient is the sum over lanes times `gradientScale`.
   */
  async run(batch: ClipBatch, iteration: number, options: StepOptions = {}): Promise<StepOutcome> {
    const { layout } = this.#parts;
    const { lossScale = 1, signal } = options;
    const losses = new Float64Array(layout.runs);
    let correct = 0;
    let isFinite = true;
    await everyLane(
      layout.lanes,
      async (laneIndex, either) => {
        const lane = this.#lanes[laneIndex]!;
        for (let run = laneIndex; run < layout.runs; run += layout.lanes) {
          const outcome = await lane.run(batch, { iteration, run, lossScale }, either);
          lane.collect(run, this.#statistics);
          losses[run] = outcome.loss;
          correct += outcome.correct;
          isFinite &&= outcome.areGradientsFinite;
        }
      },
      signal,
    );
    // Summed in the order of the runs, so that the number does not depend on which lane was faster.
    const loss = losses.reduce((sum, value) => sum + value, 0) / layout.runs;
    isFinite &&= Number.isFinite(loss) && this.#areStatisticsFinite();
    return { loss, correct, isFinite, statistics: this.#statistics };
  }

  /** What the summed gradients of all lanes are multiplied by to become the mean over the batch. */
  get gradientScale(): number {
    return 1 / this.#parts.layout.runs;
  }

  dispose(): void {
    for (const lane of this.#lanes) {
      lane.dispose();
    }
  }

  #areStatisticsFinite(): boolean {
    const all = [...this.#statistics.values()];
    return all.every(({ mean, variance }) => isAllFinite(mean) && isAllFinite(variance));
  }
}

/** All lanes of a step or, when one cannot be had, none. */
function openLanes(parts: StepRunnerParts): readonly StepLane[] {
  const lanes: StepLane[] = [];
  try {
    for (let lane = 0; lane < parts.layout.lanes; lane += 1) {
      lanes.push(new StepLane(parts, lane));
    }
    return lanes;
  } catch (error) {
    lanes.forEach((lane) => {
      lane.dispose();
    });
    throw error;
  }
}
