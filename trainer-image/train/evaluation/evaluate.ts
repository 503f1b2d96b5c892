/**
 * Evaluation: clips through the network with population statistics, scores over videos. The loop calls it at phase
 * borders (centre view) and at the end (all views); sessions are kept per shape. Parameters are read in place from the
 * store, so nothing is copied but the batch-norm statistics.
 */
import type { ClipBatch } from '../../data/clip-request.ts';
import type { Bindable, Binding, Engine, HostBlock, Session, Tensor } from '../../engine/engine.ts';
import type { Network } from '../../models/network.ts';
import { RunTurns } from './run-turns.ts';
import { everyLane } from '../steps/every-lane.ts';
import type { ParameterStore } from '../parameters/parameter-store.ts';
import { type Scores, ScoreSheet } from './scores.ts';

/** Population statistics of every batch norm, float32 `[channels]` each. */
export interface PopulationStatistics {
  readonly means: ReadonlyMap<string, Float32Array>;
  readonly variances: ReadonlyMap<string, Float32Array>;
}

export interface EvaluatorSettings {
  readonly engine: Engine;
  readonly network: Network;
  readonly store: ParameterStore;
  readonly cores: number;
}

interface ByteTensor extends Tensor {
  readonly data: Uint8Array;
}

interface Lane {
  readonly binding: Binding;
  /** Where the clips of a run are put. */
  readonly clip: ByteTensor;
  readonly clipBuffer: HostBlock | null;
  readonly logits: Float32Array;
}

interface ShapeSession {
  readonly session: Session;
  readonly lanes: readonly Lane[];
}

export interface EvaluationShape {
  readonly clips: number;
  readonly frames: number;
  readonly cropSize: number;
}

export class Evaluator {
  readonly #settings: EvaluatorSettings;
  readonly #means: ReadonlyMap<string, Float32Array>;
  readonly #variances: ReadonlyMap<string, Float32Array>;
  readonly #turns: RunTurns;
  readonly #sessions = new Map<string, Promise<ShapeSession>>();

  constructor(settings: EvaluatorSettings) {
    this.#turns = new RunTurns(() => settings.engine.releaseIdleMemory());
    this.#settings = settings;
    const perChannel = (): ReadonlyMap<string, Float32Array> =>
      new Map(
        settings.network.normalizations.map(({ name, channels }) => [name, new Float32Array(channels)]),
      );
    this.#means = perChannel();
    this.#variances = perChannel();
  }

  /**
   * Scores every clip of `batches`; several views of one sample are taken together.
   *
   * @param shape - clips per run and shape of the clips; a batch may be shorter, never longer.
   * @throws the signal's reason when aborted.
   */
  async evaluate(
    batches: AsyncGenerator<ClipBatch>,
    shape: EvaluationShape,
    population: PopulationStatistics,
    signal: AbortSignal,
  ): Promise<Scores> {
    for (const [name, mean] of this.#means) {
      mean.set(population.means.get(name)!);
      this.#variances.get(name)!.set(population.variances.get(name)!);
    }
    const { lanes } = await this.#session(shape);
    for (const { binding } of lanes) {
      // A GPU fetches host memory when it is bound.
      this.#statistics().forEach((tensor, name) => {
        binding.rebindInput(name, tensor);
      });
    }
    const sheet = new ScoreSheet(this.#settings.network.numClasses, this.#settings.network.loss);
    await everyLane(
      lanes.map(async (lane) => {
        // The lanes share one stream: each takes the next batch when it is free.
        for (let next = await batches.next(); next.done !== true; next = await batches.next()) {
          await this.#score(lane, next.value, sheet, signal);
        }
      }),
    );
    return sheet.read();
  }

  async dispose(): Promise<void> {
    const sessions = await Promise.allSettled(this.#sessions.values());
    this.#sessions.clear();
    for (const entry of sessions) {
      if (entry.status === 'fulfilled') {
        entry.value.lanes.forEach(({ binding, clipBuffer }) => {
          binding.dispose();
          clipBuffer?.dispose();
        });
        entry.value.session.dispose();
      }
    }
  }

  async #score(lane: Lane, batch: ClipBatch, sheet: ScoreSheet, signal: AbortSignal): Promise<void> {
    const { labels, samples, clips } = batch;
    const classes = this.#settings.network.numClasses;
    // A short last batch leaves older pixels in the rest of the buffer; their logits are not read.
    lane.clip.data.set(batch.pixels);
    batch.release();
    lane.binding.rebindInput('clip', lane.clip);
    await this.#turns.run(() => lane.binding.run(signal));
    for (let clip = 0; clip < clips; clip += 1) {
      sheet.add(samples[clip]!, labels[clip]!, lane.logits.subarray(clip * classes, (clip + 1) * classes));
    }
  }

  #statistics(): ReadonlyMap<string, Tensor> {
    const tensors = (
      kind: string,
      values: ReadonlyMap<string, Float32Array>,
    ): (readonly [string, Tensor])[] =>
      [...values].map(([name, data]) => [`${kind}/${name}`, { type: 'float32', dims: [data.length], data }]);
    return new Map([...tensors('mean', this.#means), ...tensors('variance', this.#variances)]);
  }

  #session(shape: EvaluationShape): Promise<ShapeSession> {
    const key = `${shape.clips}/${shape.frames}x${shape.cropSize}`;
    const known = this.#sessions.get(key) ?? this.#open(shape);
    this.#sessions.set(key, known);
    return known;
  }

  async #open(shape: EvaluationShape): Promise<ShapeSession> {
    const { engine, network, cores } = this.#settings;
    const graph = network.evaluationGraph(shape, { device: engine.device.kind });
    const session = await engine.createSession(graph.model, { threads: 1 });
    return { session, lanes: Array.from({ length: cores }, () => this.#lane(session, shape)) };
  }

  #lane(session: Session, shape: EvaluationShape): Lane {
    const { network, store } = this.#settings;
    const { clips, frames, cropSize } = shape;
    const bytes = clips * frames * cropSize ** 2 * 3;
    const clipBuffer = store.clipBuffer(bytes);
    const clip: ByteTensor = {
      type: 'uint8',
      dims: [clips, frames, cropSize, cropSize, 3],
      data: clipBuffer?.data ?? new Uint8Array(bytes),
    };
    const logits = new Float32Array(clips * network.numClasses);
    const inputs = new Map<string, Bindable>(
      network.parameters.map(({ name }) => [name, store.parameter(name)]),
    );
    inputs.set('clip', clip);
    this.#statistics().forEach((tensor, name) => inputs.set(name, tensor));
    const outputs = new Map<string, Tensor>([
      ['logits', { type: 'float32', dims: [clips, network.numClasses], data: logits }],
    ]);
    return { binding: session.bind(inputs, outputs), clip, clipBuffer, logits };
  }
}
