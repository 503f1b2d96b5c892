/**
 * One lane of a step: a binding of the training graph with the memory that a run reads and writes. In: a batch and which
 * of its micro-batches to take. Out: its loss, hits, batch statistics and whether its gradients are finite; the
 * gradients themselves are accumulated in the store. `step.ts` runs several lanes side by side.
 */
import { exchangeOutputs } from '../../graph/exchange.ts';
import { elementCount } from '../../graph/value.ts';
import type { ClipTarget } from '../../data/augmentation.ts';
import type { ClipBatch } from '../../data/clip-request.ts';
import type { Bindable, Binding, HostBlock, Session, Tensor } from '../../engine/engine.ts';
import type { Network, NormalizationInfo, StepShape, TrainingGraph } from '../../models/network.ts';
import type { ExchangeMemory } from '../../mpi/exchange-memory.ts';
import type { Collective } from '../collective/collective.ts';
import type { ParameterStore } from '../parameters/parameter-store.ts';
import { fillDropoutMask } from './dropout-mask.ts';
import type { MicroBatches } from './micro-batches.ts';

/** Mean and biased variance of every batch norm in one step, float32 `[groups * channels]`, group-major. */
export interface StepStatistics {
  readonly mean: Float32Array;
  readonly variance: Float32Array;
  /** Values behind each entry. */
  readonly valuesPerGroup: number;
}

export interface StepRunnerParts {
  readonly network: Network;
  readonly graph: TrainingGraph;
  readonly session: Session;
  /** Of a graph with exchanges. */
  readonly exchanges: ExchangeMemory | null;
  readonly collective: Pick<Collective, 'exchange' | 'sum'>;
  readonly store: ParameterStore;
  readonly microBatches: MicroBatches;
  readonly shape: Pick<StepShape, 'frames' | 'cropSize'>;
  readonly seed: number;
  /** Index of the first scratch gradient set; used when a step has more micro-batches than lanes. */
  readonly scratchSet: number;
}

/** What a micro-batch is besides its clips. */
export interface MicroBatchPlace {
  readonly iteration: number;
  /** Number of the micro-batch in the step. */
  readonly index: number;
  /** Position of the step's first clip in the global batch. */
  readonly firstClip: number;
  readonly lossScale: number;
}

export interface MicroBatchOutcome {
  readonly loss: number;
  readonly correct: number;
  readonly areGradientsFinite: boolean;
}

interface FloatArray extends Tensor {
  readonly data: Float32Array;
}

export class StepLane {
  readonly #parts: StepRunnerParts;
  readonly #lane: number;
  /** Gradients go to the lane's own set (first micro-batch) or to its scratch set (later ones, added afterwards). */
  readonly #first: Binding;
  readonly #later: Binding | null;
  /** Where clips are put for the device to fetch them; null: they are read where they lie. */
  readonly #clipBuffer: HostBlock | null;
  readonly #target: FloatArray;
  readonly #mask: FloatArray | null;
  readonly #lossScale: FloatArray | null;
  readonly #outputs: ReadonlyMap<string, FloatArray>;

  constructor(parts: StepRunnerParts, lane: number) {
    const { network, graph, store, microBatches, shape } = parts;
    const { clips, count, lanes } = microBatches;
    this.#parts = parts;
    this.#lane = lane;
    this.#target = floats([clips, network.numClasses]);
    this.#mask = graph.hasDropout ? floats([network.features, clips]) : null;
    this.#lossScale = graph.hasLossScale ? floats([]) : null;
    this.#clipBuffer = store.clipBuffer(clips * shape.frames * shape.cropSize ** 2 * 3);
    this.#outputs = hostOutputs(parts);
    try {
      this.#first = this.#bind(lane);
      // A binding that cannot be had goes with its session; the buffer is nobody else's.
      this.#later = count > lanes ? this.#bind(parts.scratchSet + lane) : null;
    } catch (error) {
      this.#clipBuffer?.dispose();
      throw error;
    }
  }

  /** Runs one micro-batch; afterwards the lane's gradient set holds the sum over its micro-batches so far. */
  async run(batch: ClipBatch, place: MicroBatchPlace, signal?: AbortSignal): Promise<MicroBatchOutcome> {
    const isFirst = place.index === this.#lane;
    const binding = isFirst ? this.#first : (this.#later ?? this.#first);
    const labels = this.#feed(binding, batch, place);
    await binding.run(signal);
    if (!isFirst) {
      await this.#parts.store.addGradients(this.#parts.scratchSet + this.#lane, this.#lane);
    }
    const loss = this.#output('loss')[0]!;
    return {
      loss,
      correct: countCorrect(this.#output('logits'), labels, this.#parts.network.numClasses),
      areGradientsFinite: Number.isFinite(this.#output('gradientSquares')[0]),
    };
  }

  /** Copies the batch statistics of the micro-batch run last to their place in the step's. */
  collect(index: number, statistics: ReadonlyMap<string, StepStatistics>): void {
    const { count } = this.#parts.microBatches;
    for (const [name, { mean, variance }] of statistics) {
      const place = (index * mean.length) / count;
      mean.set(this.#output(`mean/${name}`), place);
      variance.set(this.#output(`variance/${name}`), place);
    }
  }

  dispose(): void {
    this.#first.dispose();
    this.#later?.dispose();
    this.#clipBuffer?.dispose();
  }

  /** Everything that changes is bound again: a GPU fetches host memory at that moment. */
  #feed(binding: Binding, batch: ClipBatch, { iteration, index, ...place }: MicroBatchPlace): Labels {
    const { microBatches, network, seed } = this.#parts;
    const { clips } = microBatches;
    const first = index * clips;
    const labels = batch.labels.slice(first, first + clips);
    binding.rebindInput('clip', this.#clips(batch, first));
    const targets = batch.targets.slice(first, first + clips);
    fillTargets(this.#target.data, targets, network.numClasses);
    binding.rebindInput('target', this.#target);
    if (this.#mask !== null) {
      const { features, dropout } = network;
      const firstClip = place.firstClip + first;
      const settings = { seed, iteration, firstClip, clips, features, rate: dropout };
      fillDropoutMask(this.#mask.data, settings);
      binding.rebindInput('dropoutMask', this.#mask);
    }
    if (this.#lossScale !== null) {
      this.#lossScale.data[0] = place.lossScale;
      binding.rebindInput('lossScale', this.#lossScale);
    }
    return labels;
  }

  #clips(batch: ClipBatch, firstClip: number): Tensor {
    const { clips } = this.#parts.microBatches;
    const bytes = batch.frames * batch.cropSize ** 2 * 3;
    const pixels = batch.pixels.subarray(firstClip * bytes, (firstClip + clips) * bytes);
    this.#clipBuffer?.data.set(pixels);
    return {
      type: 'uint8',
      dims: [clips, batch.frames, batch.cropSize, batch.cropSize, 3],
      data: this.#clipBuffer?.data ?? pixels,
    };
  }

  #bind(gradientSet: number): Binding {
    const { network, session, store, microBatches, shape } = this.#parts;
    const clipDims = [microBatches.clips, shape.frames, shape.cropSize, shape.cropSize, 3];
    const blank = new Uint8Array(elementCount(clipDims));
    const inputs = store.inputs();
    inputs.set('clip', { type: 'uint8', dims: clipDims, data: this.#clipBuffer?.data ?? blank });
    inputs.set('target', this.#target);
    if (this.#mask !== null) {
      inputs.set('dropoutMask', this.#mask);
    }
    if (this.#lossScale !== null) {
      inputs.set('lossScale', this.#lossScale);
    }
    const outputs = new Map<string, Bindable>(this.#outputs);
    for (const { name } of network.parameters) {
      outputs.set(`gradient/${name}`, store.gradient(gradientSet, name));
    }
    return session.bind(inputs, outputs);
  }

  #output(name: string): Float32Array {
    return this.#outputs.get(name)!.data;
  }
}

/** What a run brings to the host. */
function hostOutputs({ network, microBatches, exchanges }: StepRunnerParts): ReadonlyMap<string, FloatArray> {
  const { clips, groups } = microBatches;
  const perGroup = ({ channels }: NormalizationInfo): FloatArray => floats([groups * channels]);
  return new Map([
    ['loss', floats([])],
    ['logits', floats([clips, network.numClasses])],
    ['gradientSquares', floats([])],
    ...network.normalizations.flatMap((info) => [
      [`mean/${info.name}`, perGroup(info)] as const,
      [`variance/${info.name}`, perGroup(info)] as const,
    ]),
    ...(exchanges?.numbers ?? []).flatMap(({ given, taken }, index) => {
      const names = exchangeOutputs(index);
      const rows = (data: Float32Array): FloatArray => ({
        type: 'float32',
        dims: [2, data.length / 2],
        data,
      });
      return [[names.given, rows(given)] as const, [names.taken, rows(taken)] as const];
    }),
  ]);
}

function floats(dims: readonly number[]): FloatArray {
  return {
    type: 'float32',
    dims,
    data: new Float32Array(elementCount(dims)),
  };
}

/** Classes of every clip, length N. */
type Labels = readonly (readonly number[])[];

/** Writes rows `[N, K]` with the weights of each clip's classes. */
function fillTargets(target: Float32Array, targets: readonly ClipTarget[], classes: number): void {
  target.fill(0);
  targets.forEach((ofClip, clip) => {
    ofClip.forEach(({ label, weight }) => {
      target[clip * classes + label] = weight;
    });
  });
}

/** Rows of `logits` `[N, K]` whose largest entry is one of the clip's classes. */
function countCorrect(logits: Float32Array, labels: Labels, classes: number): number {
  let correct = 0;
  for (let clip = 0; clip < labels.length; clip += 1) {
    let best = 0;
    for (let k = 1; k < classes; k += 1) {
      if (logits[clip * classes + k]! > logits[clip * classes + best]!) {
        best = k;
      }
    }
    correct += labels[clip]!.includes(best) ? 1 : 0;
  }
  return correct;
}
