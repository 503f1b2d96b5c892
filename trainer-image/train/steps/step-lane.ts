/**
 * One lane of a step: a binding of the training graph with the memory that a run reads and writes. In: a batch and which
 * of its micro-batches to take. Out: the run's loss, hits, batch statistics and whether its gradients are finite; the
 * gradients themselves stay in the store. `step.ts` runs several side by side.
 */
import type { ClipTarget } from '../../data/augmentation.ts';
import type { ClipBatch } from '../../data/clip-request.ts';
import type { Bindable, Binding, HostBlock, Tensor } from '../../engine/engine.ts';
import type { NormalizationInfo } from '../../models/network.ts';
import { fillDropoutMask } from './dropout-mask.ts';
import type { StepRunnerParts, StepStatistics } from './step-parts.ts';

/** What a run is besides its clips. */
export interface RunPlace {
  readonly iteration: number;
  /** Number of the micro-batch in the step. */
  readonly run: number;
  readonly lossScale: number;
}

export interface RunOutcome {
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
  /** Gradients go to the lane's own set (first run) or to its scratch set (later runs, added afterwards). */
  readonly #first: Binding;
  readonly #later: Binding | null;
  /** Where clips are put for the device to fetch them; null: they are read where they lie. */
  readonly #clipBuffer: HostBlock | null;
  readonly #target: FloatArray;
  readonly #mask: FloatArray | null;
  readonly #lossScale: FloatArray | null;
  readonly #outputs: ReadonlyMap<string, FloatArray>;

  constructor(parts: StepRunnerParts, lane: number) {
    const { network, graph, store, layout, shape } = parts;
    const { clipsPerRun } = layout;
    this.#parts = parts;
    this.#lane = lane;
    this.#target = floats([clipsPerRun, network.numClasses]);
    this.#mask = graph.hasDropout ? floats([network.features, clipsPerRun]) : null;
    this.#lossScale = graph.hasLossScale ? floats([]) : null;
    this.#clipBuffer = store.clipBuffer(clipsPerRun * shape.frames * shape.cropSize ** 2 * 3);
    this.#outputs = hostOutputs(parts);
    try {
      this.#first = this.#bind(lane);
      // A binding that cannot be had goes with its session; the buffer is nobody else's.
      this.#later = layout.runs > layout.lanes ? this.#bind(parts.scratchLane + lane) : null;
    } catch (error) {
      this.#clipBuffer?.dispose();
      throw error;
    }
  }

  /** Runs one micro-batch; afterwards the lane's gradient set holds the sum over its runs so far. */
  async run(batch: ClipBatch, place: RunPlace, signal?: AbortSignal): Promise<RunOutcome> {
    const isFirst = place.run === this.#lane;
    const binding = isFirst ? this.#first : (this.#later ?? this.#first);
    const labels = this.#feed(binding, batch, place);
    await binding.run(signal);
    if (!isFirst) {
      await this.#parts.store.addGradients(this.#parts.scratchLane + this.#lane, this.#lane);
    }
    const loss = this.#output('loss')[0]!;
    return {
      loss,
      correct: countCorrect(this.#output('logits'), labels, this.#parts.network.numClasses),
      areGradientsFinite: Number.isFinite(this.#output('gradientSquares')[0]),
    };
  }

  /** Copies the last run's batch statistics to its place in the step's. */
  collect(run: number, statistics: ReadonlyMap<string, StepStatistics>): void {
    const { runs } = this.#parts.layout;
    for (const [name, { mean, variance }] of statistics) {
      const place = (run * mean.length) / runs;
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
  #feed(binding: Binding, batch: ClipBatch, { iteration, run, lossScale }: RunPlace): Labels {
    const { layout, network, seed } = this.#parts;
    const { clipsPerRun } = layout;
    const firstClip = run * clipsPerRun;
    const labels = batch.labels.slice(firstClip, firstClip + clipsPerRun);
    binding.rebindInput('clip', this.#clips(batch, firstClip));
    const targets = batch.targets.slice(firstClip, firstClip + clipsPerRun);
    fillTargets(this.#target.data, targets, network.numClasses);
    binding.rebindInput('target', this.#target);
    if (this.#mask !== null) {
      const { features, dropout } = network;
      const settings = { seed, iteration, firstClip, clips: clipsPerRun, features, rate: dropout };
      fillDropoutMask(this.#mask.data, settings);
      binding.rebindInput('dropoutMask', this.#mask);
    }
    if (this.#lossScale !== null) {
      this.#lossScale.data[0] = lossScale;
      binding.rebindInput('lossScale', this.#lossScale);
    }
    return labels;
  }

  #clips(batch: ClipBatch, firstClip: number): Tensor {
    const { clipsPerRun } = this.#parts.layout;
    const bytes = batch.frames * batch.cropSize ** 2 * 3;
    const pixels = batch.pixels.subarray(firstClip * bytes, (firstClip + clipsPerRun) * bytes);
    this.#clipBuffer?.data.set(pixels);
    return {
      type: 'uint8',
      dims: [clipsPerRun, batch.frames, batch.cropSize, batch.cropSize, 3],
      data: this.#clipBuffer?.data ?? pixels,
    };
  }

  #bind(gradientSet: number): Binding {
    const { network, session, store, layout, shape } = this.#parts;
    const { clipsPerRun } = layout;
    const clipDims = [clipsPerRun, shape.frames, shape.cropSize, shape.cropSize, 3];
    const blank = new Uint8Array(clipDims.reduce((product, length) => product * length, 1));
    const inputs = new Map<string, Bindable>(
      network.parameters.map(({ name }) => [name, store.parameter(name)]),
    );
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
function hostOutputs({ network, layout }: StepRunnerParts): ReadonlyMap<string, FloatArray> {
  const { clipsPerRun, groupsPerRun } = layout;
  const perGroup = ({ channels }: NormalizationInfo): FloatArray => floats([groupsPerRun * channels]);
  return new Map([
    ['loss', floats([])],
    ['logits', floats([clipsPerRun, network.numClasses])],
    ['gradientSquares', floats([])],
    ...network.normalizations.flatMap((info) => [
      [`mean/${info.name}`, perGroup(info)] as const,
      [`variance/${info.name}`, perGroup(info)] as const,
    ]),
  ]);
}

function floats(dims: readonly number[]): FloatArray {
  return {
    type: 'float32',
    dims,
    data: new Float32Array(dims.reduce((product, length) => product * length, 1)),
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
