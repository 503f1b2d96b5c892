/**
 * Runs the steps of one shape, however little memory there is: when a step does not fit, it is done again in smaller
 * micro-batches, with the same numbers. In: batches. Out: outcomes, and in which micro-batches the last one was taken.
 * `step-kit.ts` makes one per shape.
 */
import type { ClipBatch } from '../../data/clip-request.ts';
import type { EngineError } from '../../engine/engine-error.ts';
import type { Engine, Session } from '../../engine/engine.ts';
import type { GraphOptions, Network, StepShape } from '../../models/network.ts';
import { ExchangeMemory } from '../../mpi/exchange-memory.ts';
import type { Collective } from '../collective/collective.ts';
import { SOLO } from '../collective/solo.ts';
import { NotEnoughMemoryError } from '../errors.ts';
import type { ParameterStore } from '../parameters/parameter-store.ts';
import {
  type MicroBatches,
  type MicroBatchLimits,
  type Reduction,
  smallerMicroBatches,
} from './micro-batches.ts';
import { type StepOptions, type StepOutcome, StepRunner } from './step.ts';
import { memoryInWords, untilItFits } from './until-it-fits.ts';

/** What every step needs, whatever its shape. */
export interface StepSettings extends MicroBatchLimits {
  readonly engine: Engine;
  readonly network: Network;
  readonly store: ParameterStore;
  readonly seed: number;
  /** With whom statistics of groups that span workers are exchanged; nobody when left out. */
  readonly collective?: Pick<Collective, 'exchange' | 'sum'>;
  /** How the step graphs are written; float32 for the processor when left out. */
  readonly graphs?: GraphOptions;
  /** What the engine was told all runs may take for activations, bytes; for messages. */
  readonly activationBytes?: number | undefined;
  /** Told when micro-batches were made smaller because they did not fit, before they are tried. */
  readonly onReduced?: (reduction: Reduction) => Promise<void> | void;
}

interface Built {
  readonly session: Session;
  readonly runner: StepRunner;
}

export class ShapeRunner {
  readonly #settings: StepSettings;
  readonly #shape: StepShape;
  readonly #onReduced: (reduction: Reduction) => Promise<void>;
  #microBatches: MicroBatches;
  #built: Promise<Built> | null = null;

  constructor(
    settings: StepSettings,
    shape: StepShape,
    microBatches: MicroBatches,
    onReduced: (reduction: Reduction) => Promise<void>,
  ) {
    this.#settings = settings;
    this.#shape = shape;
    this.#microBatches = microBatches;
    this.#onReduced = onReduced;
  }

  /** As the last step was taken: its lanes filled as many gradient sets, whose sum is `count` times the mean. */
  get microBatches(): MicroBatches {
    return this.#microBatches;
  }

  /**
   * Makes graph and session ahead of the first step, while others train: no micro-batch is made smaller for it.
   *
   * @throws EngineError when the engine refuses the graph or has no room for it now.
   */
  async prepare(): Promise<void> {
    await this.#build();
  }

  /**
   * Makes graph and session for the step that comes next.
   *
   * @throws NotEnoughMemoryError when they do not fit in the smallest micro-batches either.
   */
  async ready(): Promise<void> {
    await this.#untilItFits(() => this.#build());
  }

  /**
   * One step; see `StepRunner.run`. Parameters are only read, so a step that did not fit is repeated as if it had not
   * been tried.
   *
   * @throws NotEnoughMemoryError when it does not fit in the smallest micro-batches either.
   */
  async run(batch: ClipBatch, iteration: number, options: StepOptions = {}): Promise<StepOutcome> {
    return this.#untilItFits(async () => {
      const { runner } = await this.#build();
      return runner.run(batch, iteration, options);
    });
  }

  /** Releases the session; waits for one that is being made. A later step makes it anew. */
  async dispose(): Promise<void> {
    const building = this.#built;
    // At once, so that whoever comes meanwhile builds anew instead of running what is about to go.
    this.#built = null;
    const [built] = await Promise.allSettled([building]);
    if (built.status === 'fulfilled' && built.value !== null) {
      built.value.runner.dispose();
      built.value.session.dispose();
    }
  }

  #untilItFits<Result>(work: () => Promise<Result>): Promise<Result> {
    return untilItFits(this.#settings.engine, work, (cause) => this.#reduce(cause));
  }

  async #reduce(cause: EngineError): Promise<void> {
    const from = this.#microBatches;
    const to = smallerMicroBatches(from, this.#settings, this.#shape);
    if (to === null) {
      throw new NotEnoughMemoryError(tooLarge(this.#shape, from, this.#settings), { cause });
    }
    await this.dispose();
    this.#microBatches = to;
    await this.#onReduced({ shape: this.#shape, from, to, cause: cause.message });
  }

  #build(): Promise<Built> {
    if (this.#built === null) {
      const building = this.#make();
      // A failed build must not end the process before somebody asks for it, and may be tried again.
      building.catch(() => {
        if (this.#built === building) {
          this.#built = null;
        }
      });
      this.#built = building;
    }
    return this.#built;
  }

  async #make(): Promise<Built> {
    const { engine, network, store, cores, lanes = cores, seed, graphs, collective = SOLO } = this.#settings;
    const { frames, cropSize, spanningClips } = this.#shape;
    const microBatches = this.#microBatches;
    const { clips, groups, threadsPerLane, recomputes } = microBatches;
    const graph = network.trainingGraph(
      { clips, groups, spanningClips, frames, cropSize },
      { ...graphs, recomputes },
    );
    const exchanges = graph.exchanges.length === 0 ? null : new ExchangeMemory(graph.exchanges);
    const session = await engine.createSession(graph.model, {
      threads: threadsPerLane,
      ...(exchanges !== null && { signals: exchanges.signals }),
    });
    try {
      const runner = new StepRunner({
        network,
        graph,
        session,
        exchanges,
        collective,
        store,
        microBatches,
        shape: { frames, cropSize },
        seed,
        scratchSet: lanes,
      });
      return { session, runner };
    } catch (error) {
      session.dispose();
      throw error;
    }
  }
}

function tooLarge(
  { clips, groups, spanningClips, frames, cropSize }: StepShape,
  { recomputes }: MicroBatches,
  { recompute = 'Never', activationBytes }: StepSettings,
): string {
  const howRun = recomputes ? 'with blocks computed twice' : 'with all activations kept';
  const give = recomputes || recompute === 'Auto' ? 'Give' : 'Set spec.workers.recompute to Auto, or give';
  const what =
    spanningClips === undefined
      ? `one batch-norm group of ${clips / groups} clips`
      : `a worker's part of batch-norm groups that span workers, ${clips} clips`;
  return (
    `${what} of ${frames} x ${cropSize} x ${cropSize} alone does not fit into ` +
    `${memoryInWords(activationBytes)}, ${howRun}. ${give} the trainer more memory (spec.workers.activationMemoryMiB, or the limit of the machine ` +
    'or container), or lower spec.recipe.batchNorm.groupSize, spec.recipe.frames, spec.recipe.cropSize or the size of the model'
  );
}
