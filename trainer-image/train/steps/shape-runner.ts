/**
 * Runs the steps of one shape, however little memory there is: when a run does not fit, the step is cut smaller and done
 * again, with the same numbers. In: batches. Out: outcomes, and how the gradients of the last one are to be scaled.
 * `step-kit.ts` makes one per shape.
 */
import type { ClipBatch } from '../../data/clip-request.ts';
import type { EngineError } from '../../engine/engine-error.ts';
import type { Session } from '../../engine/engine.ts';
import type { MicroBatchEvent } from '../../run-folder/events.ts';
import { NotEnoughMemoryError } from '../errors.ts';
import {
  type Partition,
  type Reduction,
  smallerPartition,
  type StepShapeRequest,
} from '../memory/partition.ts';
import { type StepOptions, type StepOutcome, StepRunner } from './step.ts';
import type { StepKitSettings } from './step-kit-settings.ts';
import { untilItFits } from './until-it-fits.ts';

/** A reduction as a line of metrics.jsonl. */
export function reductionEvent(
  { shape, to }: Reduction,
  moment: { readonly seconds: number; readonly iteration: number },
): MicroBatchEvent {
  const { clips, groups, frames, cropSize } = shape;
  const { clipsPerRun, lanes } = to.layout;
  return {
    kind: 'microBatch',
    ...moment,
    ...{ clips, groups, frames, cropSize, clipsPerRun, lanes },
    recomputes: to.recomputes,
  };
}

interface Built {
  readonly session: Session;
  readonly runner: StepRunner;
}

export class ShapeRunner {
  readonly #settings: StepKitSettings;
  readonly #shape: StepShapeRequest;
  readonly #onReduced: (reduction: Reduction) => Promise<void>;
  #partition: Partition;
  #built: Promise<Built> | null = null;

  constructor(
    settings: StepKitSettings,
    shape: StepShapeRequest,
    partition: Partition,
    onReduced: (reduction: Reduction) => Promise<void>,
  ) {
    this.#settings = settings;
    this.#shape = shape;
    this.#partition = partition;
    this.#onReduced = onReduced;
  }

  get partition(): Partition {
    return this.#partition;
  }

  /** Gradient sets that the last step filled. */
  get lanes(): number {
    return this.#partition.layout.lanes;
  }

  /** Clips that one run of the graph takes. */
  get clipsPerRun(): number {
    return this.#partition.layout.clipsPerRun;
  }

  /** What the summed gradients of all lanes are multiplied by to become the mean over the batch. */
  get gradientScale(): number {
    return 1 / this.#partition.layout.runs;
  }

  /**
   * Makes graph and session ahead of the first step, while others train: nothing is cut smaller for it.
   *
   * @throws EngineError when the engine refuses the graph or has no room for it now.
   */
  async prepare(): Promise<void> {
    await this.#build();
  }

  /**
   * Makes graph and session for the step that comes next.
   *
   * @throws NotEnoughMemoryError when they do not fit in the smallest parts either.
   */
  async ready(): Promise<void> {
    await this.#untilItFits(() => this.#build());
  }

  /**
   * One step; see `StepRunner.run`. Parameters are only read, so a step that did not fit is repeated as if it had not
   * been tried.
   *
   * @throws NotEnoughMemoryError when it does not fit in its smallest parts either.
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
    const from = this.#partition;
    const to = smallerPartition(from, this.#settings);
    if (to === null) {
      throw new NotEnoughMemoryError(tooLarge(this.#shape, from, this.#settings), { cause });
    }
    await this.dispose();
    this.#partition = to;
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
    const { engine, network, store, cores, lanes = cores, seed, graphs } = this.#settings;
    const { layout, recomputes } = this.#partition;
    const { frames, cropSize } = this.#shape;
    const graph = network.trainingGraph(
      { clips: layout.clipsPerRun, groups: layout.groupsPerRun, frames, cropSize },
      { ...graphs, recomputes },
    );
    const session = await engine.createSession(graph.model, { threads: layout.threadsPerRun });
    try {
      const runner = new StepRunner({
        network,
        graph,
        session,
        store,
        layout,
        shape: { frames, cropSize },
        seed,
        scratchLane: lanes,
      });
      return { session, runner };
    } catch (error) {
      session.dispose();
      throw error;
    }
  }
}

function tooLarge(
  { clips, groups, frames, cropSize }: StepShapeRequest,
  { recomputes }: Partition,
  { recompute = 'Never', activationBytes }: StepKitSettings,
): string {
  const room =
    activationBytes === undefined
      ? 'the memory there is'
      : `the ${Math.floor(activationBytes / 2 ** 20)} MiB for activations`;
  const howRun = recomputes ? 'with blocks computed twice' : 'with all activations kept';
  const give = recomputes || recompute === 'Auto' ? 'Give' : 'Set spec.workers.recompute to Auto, or give';
  return (
    `one batch-norm group of ${clips / groups} clips of ${frames} x ${cropSize} x ${cropSize} alone does not fit into ` +
    `${room}, ${howRun}. ${give} the trainer more memory (spec.workers.activationMemoryMiB, or the limit of the machine ` +
    'or container), or lower spec.recipe.batchNorm.groupSize, spec.recipe.frames, spec.recipe.cropSize or the size of the model'
  );
}
