/**
 * One training step: the clips of an iteration, in micro-batches on several lanes, through the training graph; gradients are
 * accumulated in the store, batch statistics land in the outcome. `step-kit.ts` builds one runner per shape.
 */
import type { ClipBatch } from '../../data/clip-request.ts';
import { isAllFinite } from '../checkpoints/finite.ts';
import { everyLane } from '../../engine/every-lane.ts';
import type { Spanning } from '../collective/spanning.ts';
import { runTogether } from './run-together.ts';
import { StepLane, type StepRunnerParts, type StepStatistics } from './step-lane.ts';

export interface StepOutcome {
  /** Mean over the clips of the batch. */
  readonly loss: number;
  /** Clips of whose classes one got the highest logit. */
  readonly correct: number;
  /** Whether the loss, all gradients and all batch statistics are finite: whether they may be applied. */
  readonly isFinite: boolean;
  /** Of the groups that this worker keeps the statistics of. */
  readonly statistics: ReadonlyMap<string, StepStatistics>;
}

export interface StepOptions {
  /** What the loss is multiplied by before the backward pass; only mixed precision reads it. Default 1. */
  readonly lossScale?: number;
  /** Position of the batch's first clip in the global batch. Default 0. */
  readonly firstClip?: number;
  /** Of a step whose groups span workers. */
  readonly spanning?: Spanning | null;
  /** Not heard in such a step. */
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
    const { exchanges, collective } = this.#parts;
    const { signal, spanning = null } = options;
    if (exchanges === null) {
      return { ...(await this.#runLanes(batch, iteration, options, signal)), statistics: this.#statistics };
    }
    if (spanning === null) {
      throw new RangeError('a step whose groups span workers needs to know with whom they are shared');
    }
    // Nobody leaves a step that others are in as well: the signal is that of the exchanges.
    const measured = await runTogether(collective, exchanges, spanning.groups, (lost) =>
      this.#runLanes(batch, iteration, options, lost),
    );
    return { ...measured, statistics: this.#statisticsOf(spanning.keptPieces) };
  }

  async #runLanes(
    batch: ClipBatch,
    iteration: number,
    { lossScale = 1, firstClip = 0 }: StepOptions,
    signal: AbortSignal | undefined,
  ): Promise<Omit<StepOutcome, 'statistics'>> {
    const { count, lanes } = this.#parts.microBatches;
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
    return { loss, correct, isFinite };
  }

  dispose(): void {
    for (const lane of this.#lanes) {
      lane.dispose();
    }
  }

  /** Of some of the pieces: those that stand for groups. */
  #statisticsOf(pieces: readonly number[]): StepOutcome['statistics'] {
    return new Map(
      this.#parts.network.normalizations.map(({ name, channels }) => {
        const { mean, variance, valuesPerGroup } = this.#statistics.get(name)!;
        const pick = (all: Float32Array): Float32Array =>
          Float32Array.from(
            pieces.flatMap((piece) => [...all.subarray(piece * channels, (piece + 1) * channels)]),
          );
        return [name, { mean: pick(mean), variance: pick(variance), valuesPerGroup }];
      }),
    );
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
