/**
 * The part of a training that changes: parameters and what the optimizer remembers (in the store), running batch-norm statistics, the
 * iteration, the training clock. `absorb` takes in a step's statistics, `snapshot` and `restore` are its two ends on
 * the way to and from a checkpoint. Each of several workers has the running statistics of its own groups; they are gathered
 * here before anybody sees them.
 */
import type { Phase, Plan } from '../../../multigrid/plan/types.ts';
import type { Range } from '../../../multigrid/sharing/even-ranges.ts';
import type { Network, Precision } from '../../models/network.ts';
import {
  type BatchMoments,
  type GroupStatistics,
  populationOf,
  type PopulationStatistics,
  regroup,
  updateRunning,
} from '../../models/normalization-statistics.ts';
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import type { Collective } from '../collective/collective.ts';
import { amongAll, gatherGroups, ofGroups } from '../collective/gather-groups.ts';
import { ResumeMismatchError } from '../errors.ts';
import type { ParameterStore } from '../parameters/parameter-store.ts';
import { groupsAmong, type Worker } from '../collective/step-share.ts';
import { INITIAL_LOSS_SCALE } from './loss-scale.ts';
import { positionAt, totalIterations } from './position.ts';
import type { NamedArray } from '../../weights/safetensors.ts';

export interface TrainingStateParts {
  readonly plan: Plan;
  readonly network: Network;
  readonly store: ParameterStore;
  readonly worker: Worker;
  readonly collective: Pick<Collective, 'sum'>;
  readonly seed: number;
  readonly precision: Precision;
  readonly batchNormMomentum: number;
  /** Milliseconds of a clock that never goes back. */
  readonly nowMs: () => number;
}

export class TrainingState {
  /** Iterations done. */
  iteration = 0;
  /** Where the loss scale stands; only mixed precision moves it. */
  lossScale = INITIAL_LOSS_SCALE;
  /** Steps that mixed precision left out. */
  skippedSteps = 0;
  /** The last iteration done ended an epoch whose evaluation and checkpoint are still to come. */
  isBorderPending = false;
  readonly #parts: TrainingStateParts;
  #running: Map<string, GroupStatistics>;
  /** The groups whose running statistics this worker has alone; null: every worker has those of all groups. */
  #own: Range | null = null;
  #secondsBefore = 0;
  #startedAtMs: number;

  private constructor(parts: TrainingStateParts) {
    this.#parts = parts;
    this.#running = new Map(
      [...parts.network.initialStatistics()].map(([name, { mean, variance }]) => [
        name,
        { groups: 1, channels: mean.length, mean, variance },
      ]),
    );
    this.#startedAtMs = parts.nowMs();
  }

  /** Fresh: the network's first values and statistics; the optimizer remembers nothing. */
  static async start(parts: TrainingStateParts): Promise<TrainingState> {
    const { network, store, seed } = parts;
    await store.write({ parameters: network.initialValues(seed) });
    return new TrainingState(parts);
  }

  /** Training wall-clock, seconds, without the time the run stood still. */
  seconds(): number {
    return this.#secondsBefore + (this.#parts.nowMs() - this.#startedAtMs) / 1000;
  }

  /** Starts the training clock anew, so that setting up does not count as training. */
  startClock(): void {
    this.#startedAtMs = this.#parts.nowMs();
  }

  /**
   * Brings the statistics to the number of groups of a phase that begins: aggregated, then given to every group. Not for a
   * phase that a resume goes on with: what its groups have learned would be lost.
   */
  async beginPhase(phase: Phase): Promise<void> {
    await this.gather();
    this.#regroup(groupsAmong(phase, this.#parts.worker));
  }

  #regroup(groups: number): void {
    this.#running = new Map([...this.#running].map(([name, layer]) => [name, regroup(layer, groups)]));
  }

  /** Moves the running statistics of this worker's groups towards a step's. */
  absorb(statistics: ReadonlyMap<string, BatchMoments>, own: Range): void {
    const { worker, batchNormMomentum } = this.#parts;
    for (const [name, batch] of statistics) {
      updateRunning(ofGroups(this.#running.get(name)!, own), batch, batchNormMomentum);
    }
    this.#own = worker.workers === 1 ? null : own;
  }

  /**
   * The same where groups span workers: who keeps a group's statistics changes from shape to shape. So each worker has a part of all
   * running statistics, what its own steps brought, and the sum of these parts is the whole: a step that it has nothing of only
   * moves its part towards 0.
   */
  absorbPart(statistics: ReadonlyMap<string, BatchMoments>, own: Range): void {
    const { worker, batchNormMomentum } = this.#parts;
    const isFresh = this.#own === null;
    for (const [name, batch] of statistics) {
      const layer = this.#running.get(name)!;
      if (isFresh && worker.rank > 0) {
        layer.mean.fill(0);
        layer.variance.fill(0);
      }
      updateRunning(layer, amongAll(batch, own, layer), batchNormMomentum);
      this.#own = { first: 0, count: layer.groups };
    }
  }

  /**
   * Gives every worker the running statistics of all groups. All workers come here together: at a checkpoint (`snapshot`), an
   * evaluation (`population`), a new phase (`beginPhase`).
   */
  async gather(): Promise<void> {
    if (this.#own === null) {
      return;
    }
    for (const layer of this.#running.values()) {
      await gatherGroups(layer, this.#own, this.#parts.collective);
    }
    this.#own = null;
  }

  /** What evaluation uses: the running statistics, aggregated over groups. */
  async population(): Promise<PopulationStatistics> {
    await this.gather();
    return populationOf(this.#running);
  }

  /** Puts better estimates in the place of the running statistics; training itself does not see them. */
  setPopulation({ means, variances }: PopulationStatistics): void {
    for (const [name, { groups, channels }] of this.#running) {
      const layer = { groups: 1, channels, mean: means.get(name)!, variance: variances.get(name)! };
      this.#running.set(name, regroup(layer, groups));
    }
    this.#own = null;
  }

  /** The phase of the last iteration done and the fractional epochs reached. */
  reached(): { readonly phase: number; readonly epoch: number } {
    const { plan } = this.#parts;
    const last = positionAt(plan, Math.max(0, this.iteration - 1));
    const isDone = this.iteration >= totalIterations(plan);
    return {
      phase: last.phase.index,
      epoch: isDone ? plan.epochs : positionAt(plan, this.iteration).fractionalEpoch,
    };
  }

  /** A copy of everything, at the iteration reached. */
  async snapshot(): Promise<Checkpoint> {
    const { network, store, plan, seed, worker } = this.#parts;
    await this.gather();
    const { parameters, slots } = await store.read();
    const arrays = (values: ReadonlyMap<string, Float32Array>): Map<string, NamedArray> =>
      new Map(network.parameters.map(({ name, dims }) => [name, { name, dims, data: values.get(name)! }]));
    return {
      place: {
        ...this.#place(plan),
        isBorderPending: this.isBorderPending,
        lossScale: this.#parts.precision === 'mixed' ? this.lossScale : null,
        skippedSteps: this.skippedSteps,
        seed,
        worldSize: worker.workers,
        seconds: this.seconds(),
      },
      parameters: arrays(parameters),
      slots: new Map([...slots].map(([slot, values]) => [slot, arrays(values)])),
      statistics: new Map(
        [...this.#running].map(([name, { groups, mean, variance }]) => [
          name,
          { groups, mean: mean.slice(), variance: variance.slice() },
        ]),
      ),
    };
  }

  /**
   * Goes on from a checkpoint.
   *
   * @throws ResumeMismatchError when it belongs to another plan, seed or network.
   */
  async restore(checkpoint: Checkpoint): Promise<void> {
    const { network, store, plan, seed } = this.#parts;
    const { place } = checkpoint;
    if (place.planHash !== plan.hash || place.seed !== seed) {
      throw new ResumeMismatchError(
        `the checkpoint was made under plan ${place.planHash.slice(0, 12)} with seed ${place.seed}, this job has plan ` +
          `${plan.hash.slice(0, 12)} and seed ${seed}; resume with the manifest it was started with, or choose another --output`,
      );
    }
    const dataOf = (kind: string, arrays: ReadonlyMap<string, NamedArray> | undefined) =>
      new Map(
        network.parameters.map(({ name, dims }) => {
          const array = arrays?.get(name);
          if (array?.dims.join() !== dims.join()) {
            throw new ResumeMismatchError(
              `the checkpoint has no ${kind} ${name} of shape [${dims.join(', ')}]`,
            );
          }
          return [name, array.data] as const;
        }),
      );
    await store.write({
      parameters: dataOf('parameter', checkpoint.parameters),
      slots: new Map(
        store.slots.map((slot) => [slot, dataOf(`${slot} of`, checkpoint.slots.get(slot))] as const),
      ),
    });
    this.#running = new Map(
      network.normalizations.map(({ name, channels }) => {
        const layer = checkpoint.statistics.get(name);
        const expected = (layer?.groups ?? 0) * channels;
        if (layer?.mean.length !== expected) {
          throw new ResumeMismatchError(
            `the checkpoint has no statistics for ${name} with ${channels} channels`,
          );
        }
        return [name, { ...layer, channels }];
      }),
    );
    this.#own = null;
    this.iteration = place.iteration;
    this.isBorderPending = place.isBorderPending;
    this.lossScale = place.lossScale ?? INITIAL_LOSS_SCALE;
    this.skippedSteps = place.skippedSteps;
    this.#secondsBefore = place.seconds;
    this.#startedAtMs = this.#parts.nowMs();
    this.#fitGroups();
  }

  /** In the middle of a phase, where each worker's clips are a group of their own and there were other workers before. */
  #fitGroups(): void {
    const { plan, worker } = this.#parts;
    if (this.iteration < totalIterations(plan)) {
      const { phase, isFirstOfPhase } = positionAt(plan, this.iteration);
      const groups = groupsAmong(phase, worker);
      if (!isFirstOfPhase && [...this.#running.values()].some((layer) => layer.groups !== groups)) {
        this.#regroup(groups);
      }
    }
  }

  #place(plan: Plan): {
    planHash: string;
    iteration: number;
    epoch: number;
    iterationInEpoch: number;
    shortCycleIndex: number;
  } {
    const base = { planHash: plan.hash, iteration: this.iteration };
    if (this.iteration >= totalIterations(plan)) {
      return { ...base, epoch: plan.epochs, iterationInEpoch: 0, shortCycleIndex: 0 };
    }
    const { epoch, iterationInEpoch, phase } = positionAt(plan, this.iteration);
    return { ...base, epoch, iterationInEpoch, shortCycleIndex: iterationInEpoch % phase.shortCycle.length };
  }
}
