/**
 * Evaluation: clips through the network with population statistics, scores of videos. In: batches and the statistics. Out: a
 * sheet of scores. Parameters are read in place from the store. A session lives for one evaluation; when its runs do not fit into
 * memory, fewer clips and then fewer lanes are tried, and nothing that has been scored is scored again.
 */
import type { ClipBatch } from '../../data/clip-request.ts';
import type { Bindable, Binding, Engine, HostBlock, Session, Tensor } from '../../engine/engine.ts';
import type { EngineError } from '../../engine/engine-error.ts';
import type { Network } from '../../models/network.ts';
import type { PopulationStatistics } from '../../models/normalization-statistics.ts';
import { NotEnoughMemoryError } from '../errors.ts';
import type { ParameterStore } from '../parameters/parameter-store.ts';
import { everyLane } from '../../engine/every-lane.ts';
import { memoryInWords, untilItFits } from '../steps/until-it-fits.ts';
import { BatchQueue, type QueuedBatch } from './batch-queue.ts';
import {
  type ClipSize,
  type EvaluationMicroBatches,
  type EvaluationLimits,
  firstEvaluationMicroBatches,
  smallerEvaluationMicroBatches,
} from './evaluation-micro-batches.ts';
import { ScoreSheet } from './scores.ts';

/** An evaluation whose micro-batches were made smaller because they did not fit. */
export interface EvaluationReduction {
  readonly size: ClipSize;
  readonly to: EvaluationMicroBatches;
  /** What the engine said. */
  readonly cause: string;
}

export interface EvaluatorSettings extends EvaluationLimits {
  readonly engine: Engine;
  readonly network: Network;
  readonly store: ParameterStore;
  readonly onReduced?: (reduction: EvaluationReduction) => void;
}

interface Lane {
  readonly binding: Binding;
  /** Where the clips of a run are put; a run that is not full leaves older pixels behind, whose logits are not read. */
  readonly clip: Tensor & { readonly data: Uint8Array };
  readonly logits: Float32Array;
}

export class Evaluator {
  readonly #settings: EvaluatorSettings;
  /** What was found to fit, by size of the clips. */
  readonly #known = new Map<string, EvaluationMicroBatches>();

  constructor(settings: EvaluatorSettings) {
    this.#settings = settings;
  }

  /** How many clips of a size are best taken at a time. */
  clipsAtOnce(size: ClipSize): number {
    return this.#microBatchesOf(size).clips;
  }

  /**
   * Scores every clip of `batches`, which it ends; several views of one sample are taken together.
   *
   * @param size - of every clip.
   * @throws NotEnoughMemoryError when one clip alone does not fit; the signal's reason when aborted.
   */
  async evaluate(
    batches: AsyncGenerator<ClipBatch>,
    size: ClipSize,
    population: PopulationStatistics,
    signal: AbortSignal,
  ): Promise<ScoreSheet> {
    const { engine, network } = this.#settings;
    const sheet = new ScoreSheet(network.numClasses, network.loss);
    const queue = new BatchQueue(batches, sheet, network.numClasses);
    try {
      await untilItFits(
        engine,
        () => this.#score(queue, size, population, signal),
        (cause) => {
          this.#reduce(size, cause);
          return Promise.resolve();
        },
      );
    } finally {
      await queue.close();
    }
    return sheet;
  }

  /** Scores what is left in the queue, in a session of its own. */
  async #score(
    queue: BatchQueue,
    { frames, cropSize }: ClipSize,
    population: PopulationStatistics,
    signal: AbortSignal,
  ): Promise<void> {
    const { engine, network } = this.#settings;
    const { clips, lanes, threadsPerLane } = this.#microBatchesOf({ frames, cropSize });
    const shape = { clips, frames, cropSize };
    const graph = network.evaluationGraph(shape, { device: engine.device.kind });
    const session = await engine.createSession(graph.model, { threads: threadsPerLane });
    const buffers: HostBlock[] = [];
    try {
      const statistics = statisticsTensors(population);
      const opened = Array.from({ length: lanes }, () => this.#openLane(session, shape, statistics, buffers));
      await everyLane(
        lanes,
        async (lane, either) => {
          for (let next = await queue.take(); next !== null; next = await queue.take()) {
            await this.#scoreBatch(opened[lane]!, next, queue, either);
          }
        },
        signal,
      );
    } finally {
      // Bindings end with their session; only then is the memory they point to given back.
      session.dispose();
      buffers.forEach((buffer) => {
        buffer.dispose();
      });
    }
  }

  /** Runs what is left of one batch, as many clips at a time as a run takes. */
  async #scoreBatch(
    { binding, clip, logits }: Lane,
    queued: QueuedBatch,
    queue: BatchQueue,
    signal: AbortSignal,
  ): Promise<void> {
    const { batch } = queued;
    const clipBytes = batch.pixels.length / batch.clips;
    const clipsAtOnce = clip.dims[0]!;
    const classes = logits.length / clipsAtOnce;
    try {
      while (queued.scored < batch.clips) {
        const end = Math.min(batch.clips, queued.scored + clipsAtOnce);
        clip.data.set(batch.pixels.subarray(queued.scored * clipBytes, end * clipBytes));
        // A GPU fetches host memory when it is bound.
        binding.rebindInput('clip', clip);
        await binding.run(signal);
        queued.logits.set(logits.subarray(0, (end - queued.scored) * classes), queued.scored * classes);
        queued.scored = end;
      }
    } catch (error) {
      queue.giveBack(queued);
      throw error;
    }
    queue.finish(queued);
  }

  #openLane(
    session: Session,
    { clips, frames, cropSize }: ClipSize & { readonly clips: number },
    statistics: ReadonlyMap<string, Tensor>,
    buffers: HostBlock[],
  ): Lane {
    const { network, store } = this.#settings;
    const bytes = clips * frames * cropSize ** 2 * 3;
    const buffer = store.clipBuffer(bytes);
    if (buffer !== null) {
      buffers.push(buffer);
    }
    const dims = [clips, frames, cropSize, cropSize, 3];
    const clip = { type: 'uint8', dims, data: buffer?.data ?? new Uint8Array(bytes) } as const;
    const logits = new Float32Array(clips * network.numClasses);
    const inputs = new Map<string, Bindable>([...store.inputs(), ['clip', clip], ...statistics]);
    const outputs = new Map<string, Tensor>([
      ['logits', { type: 'float32', dims: [clips, network.numClasses], data: logits }],
    ]);
    return { binding: session.bind(inputs, outputs), clip, logits };
  }

  #microBatchesOf(size: ClipSize): EvaluationMicroBatches {
    return this.#known.get(keyOf(size)) ?? firstEvaluationMicroBatches(this.#settings, size);
  }

  #reduce(size: ClipSize, cause: EngineError): void {
    const to = smallerEvaluationMicroBatches(this.#microBatchesOf(size), this.#settings);
    if (to === null) {
      const { activationBytes } = this.#settings;
      throw new NotEnoughMemoryError(
        `one clip of ${size.frames} x ${size.cropSize} x ${size.cropSize} alone cannot be evaluated in ` +
          `${memoryInWords(activationBytes)}: give the ` +
          'trainer more memory (spec.workers.activationMemoryMiB, or the limit of the machine or container), or lower ' +
          'spec.recipe.frames, spec.recipe.cropSize, spec.recipe.test.cropSize or the size of the model',
        { cause },
      );
    }
    this.#known.set(keyOf(size), to);
    this.#settings.onReduced?.({ size, to, cause: cause.message });
  }
}

function statisticsTensors({ means, variances }: PopulationStatistics): ReadonlyMap<string, Tensor> {
  const tensors = (kind: string, values: ReadonlyMap<string, Float32Array>): (readonly [string, Tensor])[] =>
    [...values].map(([name, data]) => [`${kind}/${name}`, { type: 'float32', dims: [data.length], data }]);
  return new Map([...tensors('mean', means), ...tensors('variance', variances)]);
}

function keyOf({ frames, cropSize }: ClipSize): string {
  return `${frames}x${cropSize}`;
}
