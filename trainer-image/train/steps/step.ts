/**
 * One training step: the clips of an iteration, in micro-batches on several lanes, through the training graph; gradients are
 * accumulated in the store, batch statistics land in the outcome. `step-kit.ts` builds one runner per shape.
 */
import type { ClipBatch } from '../../data/clip-request.ts';
import { isAllFinite } from '../checkpoints/finite.ts';
import { everyLane } from '../../engine/every-lane.ts';
import { StepLane, type StepRunnerParts, type StepStatistics } from './step-lane.ts';

export interface StepOutcome {
  /** Mean over the clips of the batch. */
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
  /** Position of the batch's first clip in the global batch. Default 0. */
  readonly firstClip?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Runs the steps of one shape. Holds the session's bindings until `dispose`. */
export class StepRunner {
  readonly #parts: StepRunnerParts;
  readonly #lanes: readonly StepLane[];
  readonly #statistics: ReadonlyMap<string, StepStatistics>;

  constructor(parts: StepRunnerParts) {
    this.#parts = parts;
    const { microBatches, network, graph } = parts;
    this.#lanes = openLanes(parts);
    const groups = microBatches.count * microBatches.groups;
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

  /**
   * Forward, loss and backward of one batch; afterwards gradient set `l` of the store holds the sum over the
   * micro-batches of lane `l`.
   */
  async run(batch: ClipBatch, iteration: number, options: StepOptions = {}): Promise<StepOutcome> {
    const { count, lanes } = this.#parts.microBatches;
    const { lossScale = 1, firstClip = 0, signal } = options;
    const losses = new Float64Array(count);
    let correct = 0;
    let isFinite = true;
    await everyLane(
      lanes,
      async (laneIndex, either) => {
        const lane = this.#lanes[laneIndex]!;
        for (let index = laneIndex; index < count; index += lanes) {
          const outcome = await lane.run(batch, { iteration, index, firstClip, lossScale }, either);
          lane.collect(index, this.#statistics);
          losses[index] = outcome.loss;
          correct += outcome.correct;
          isFinite &&= outcome.areGradientsFinite;
        }
      },
      signal,
    );
    // Summed in the order of the micro-batches, so that the number does not depend on which lane was faster.
    const loss = losses.reduce((sum, value) => sum + value, 0) / count;
    isFinite &&= Number.isFinite(loss) && this.#areStatisticsFinite();
    return { loss, correct, isFinite, statistics: this.#statistics };
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
    for (let lane = 0; lane < parts.microBatches.lanes; lane += 1) {
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
