/**
 * Evaluation: clips through the network with population statistics, scores over videos. The loop calls it at phase
 * borders (centre view) and at the end (all views); sessions are kept per shape. Parameters are read in place from the
 * store, so nothing is copied but the batch-norm statistics.
 */
import type { ClipBatch } from '../../data/clip-request.ts';
import type { Bindable, Binding, Engine, HostBlock, Session, Tensor } from '../../engine/engine.ts';
import type { Network } from '../../models/network.ts';
import { InOrder } from './in-order.ts';
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

/** What a run says of a batch: logits `[clips, K]`. */
interface ScoredBatch extends Pick<ClipBatch, 'labels' | 'samples'> {
  readonly logits: Float32Array;
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
    // Sums of floats depend on their order: batches count in that of the stream, whichever lane is faster.
    const scored = new InOrder<ScoredBatch>((batch) => {
      addTo(sheet, batch);
    });
    let taken = 0;
    await everyLane(
      lanes.map(async (lane) => {
        // The lanes share one stream: each takes the next batch when it is free.
        for (;;) {
          const number = taken;
          taken += 1;
          const next = await batches.next();
          if (next.done === true) {
            return;
          }
          scored.put(number, await this.#score(lane, next.value, signal));
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

  async #score(lane: Lane, batch: ClipBatch, signal: AbortSignal): Promise<ScoredBatch> {
    const { labels, samples, clips } = batch;
    // A short last batch leaves older pixels in the rest of the buffer; their logits are not read.
    lane.clip.data.set(batch.pixels);
    batch.release();
    lane.binding.rebindInput('clip', lane.clip);
    await this.#turns.run(() => lane.binding.run(signal));
    return { labels, samples, logits: lane.logits.slice(0, clips * this.#settings.network.numClasses) };
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

function addTo(sheet: ScoreSheet, { labels, samples, logits }: ScoredBatch): void {
  const classes = logits.length / labels.length;
  for (const [clip, sample] of samples.entries()) {
    sheet.add(sample, labels[clip]!, logits.subarray(clip * classes, (clip + 1) * classes));
  }
}
