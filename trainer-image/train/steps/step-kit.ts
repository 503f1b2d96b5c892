/**
 * Step runners by shape: makes them when they are first asked for, can build ahead while the phase before still trains,
 * tries before training what fits into memory, and lets go of shapes that no later phase needs.
 */
import type { StepShape } from '../../models/network.ts';
import { firstMicroBatches, keyOf, type MicroBatches } from './micro-batches.ts';
import { ShapeRunner, type StepSettings } from './shape-runner.ts';
import type { StepOptions } from './step.ts';
import { NO_AUGMENTATION } from '../../data/augmentation.ts';

export class StepKit {
  readonly #settings: StepSettings;
  readonly #runners = new Map<string, ShapeRunner>();
  /** What was found to fit, by shape: a shape that comes back starts with it. */
  readonly #known = new Map<string, MicroBatches>();
  #isClosed = false;

  constructor(settings: StepSettings) {
    this.#settings = settings;
  }

  /**
   * Starts a shape with micro-batches found earlier, e.g. before the run was resumed.
   */
  remember(shape: StepShape, microBatches: MicroBatches): void {
    this.#known.set(keyOf(shape), microBatches);
  }

  /**
   * The runner of a shape, built when it is new.
   *
   * @throws GroupSizeError when its clips cannot be divided into groups of one size; EngineError when the engine refuses the
   * graph; NotEnoughMemoryError when its session cannot be made to fit.
   */
  async runner(shape: StepShape): Promise<ShapeRunner> {
    const runner = this.#runner(shape);
    await runner.ready();
    return runner;
  }

  /** Builds shapes that will be needed later, one after the other; errors show when the shape is asked for. */
  async prepare(shapes: readonly StepShape[]): Promise<void> {
    for (const shape of shapes) {
      if (this.#isClosed) {
        return;
      }
      await this.#runner(shape)
        .prepare()
        .catch(() => undefined);
    }
  }

  /**
   * Does one step of a shape with black clips, for its memory alone: parameters stay as they are, gradients are
   * overwritten by the next step. A shape that does not fit gets smaller micro-batches, as in training.
   *
   * @throws NotEnoughMemoryError when it cannot be made to fit.
   */
  async probe(
    shape: StepShape,
    options: Pick<StepOptions, 'spanning' | 'signal'> = {},
  ): Promise<MicroBatches> {
    const { clips, frames, cropSize } = shape;
    const batch = {
      pixels: new Uint8Array(clips * frames * cropSize ** 2 * 3),
      clips,
      frames,
      cropSize,
      labels: Array.from({ length: clips }, () => [0]),
      targets: Array.from({ length: clips }, () => NO_AUGMENTATION.targetOf([0])),
      samples: [],
      release: () => undefined,
    };
    const runner = await this.runner(shape);
    await runner.run(batch, 0, options);
    return runner.microBatches;
  }

  /** Releases the sessions of all other shapes; what fitted is remembered. */
  async keepOnly(shapes: readonly StepShape[]): Promise<void> {
    const kept = new Set(shapes.map(keyOf));
    const dropped = [...this.#runners].filter(([key]) => !kept.has(key));
    for (const [key, runner] of dropped) {
      this.#runners.delete(key);
      await runner.dispose();
    }
    if (dropped.length > 0) {
      await this.#settings.engine.releaseIdleMemory();
    }
  }

  /** Releases everything; waits for builds under way. */
  async dispose(): Promise<void> {
    this.#isClosed = true;
    const runners = [...this.#runners.values()];
    this.#runners.clear();
    await Promise.all(runners.map((runner) => runner.dispose()));
  }

  #runner(shape: StepShape): ShapeRunner {
    const key = keyOf(shape);
    const known = this.#runners.get(key);
    if (known !== undefined) {
      return known;
    }
    const microBatches = this.#known.get(key) ?? firstMicroBatches(shape, this.#settings);
    const runner = new ShapeRunner(this.#settings, shape, microBatches, async (reduction) => {
      this.#known.set(key, reduction.to);
      await this.#settings.onReduced?.(reduction);
    });
    this.#runners.set(key, runner);
    return runner;
  }
}
