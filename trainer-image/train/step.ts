/**
 * One training step: the clips of an iteration, spread over lanes, through the training graph; gradients land in the
 * store, batch statistics in the outcome. `step-kit.ts` builds one runner per shape; `loop.ts` runs it, then updates.
 */
import type { ClipBatch } from '../data/clip-request.ts';
import type { Bindable, Binding, Session, Tensor } from '../engine/engine.ts';
import type { Network, TrainingGraph } from '../models/network.ts';
import { fillDropoutMask } from './dropout-mask.ts';
import { everyLane } from './every-lane.ts';
import type { LaneLayout } from './lanes.ts';
import type { ParameterStore } from './parameters/parameter-store.ts';

/** Mean and biased variance of every batch norm in one step, float32 `[groups * channels]`, group-major. */
export interface StepStatistics {
  readonly mean: Float32Array;
  readonly variance: Float32Array;
  /** Values behind each entry. */
  readonly valuesPerGroup: number;
}

export interface StepOutcome {
  /** Mean over all clips of the step. */
  readonly loss: number;
  /** Clips whose class got the highest logit. */
  readonly correct: number;
  readonly statistics: ReadonlyMap<string, StepStatistics>;
}

export interface StepShapeKey {
  readonly frames: number;
  readonly cropSize: number;
}

/** What one lane needs to run the graph again and again. */
interface Lane {
  /** Gradients go to the lane's own set (first run) or to its scratch set (later runs, added afterwards). */
  readonly first: Binding;
  readonly later: Binding | null;
  readonly outputs: LaneOutputs;
  readonly target: Float32Array;
  readonly mask: Float32Array | null;
}

interface LaneOutputs {
  readonly loss: Float32Array;
  readonly logits: Float32Array;
  readonly means: ReadonlyMap<string, Float32Array>;
  readonly variances: ReadonlyMap<string, Float32Array>;
}

export interface StepRunnerParts {
  readonly network: Network;
  readonly graph: TrainingGraph;
  readonly session: Session;
  readonly store: ParameterStore;
  readonly layout: LaneLayout;
  readonly shape: StepShapeKey;
  readonly seed: number;
  /** Index of the first scratch gradient set; used when a step takes more runs than there are lanes. */
  readonly scratchLane: number;
}

/** Runs the steps of one shape. Holds the session's bindings until `dispose`. */
export class StepRunner {
  readonly #parts: StepRunnerParts;
  readonly #lanes: readonly Lane[];
  readonly #statistics: ReadonlyMap<string, StepStatistics>;

  constructor(parts: StepRunnerParts) {
    this.#parts = parts;
    const { layout, network, graph } = parts;
    this.#lanes = Array.from({ length: layout.lanes }, (_, lane) => makeLane(parts, lane));
    const groups = layout.runs * layout.groupsPerRun;
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

  get lanes(): number {
    return this.#parts.layout.lanes;
  }

  /**
   * Forward, loss and backward of one batch; afterwards gradient set `l` of the store holds the sum over the runs of
   * lane `l`. The mean gradient is the sum over lanes times `gradientScale`.
   */
  async run(batch: ClipBatch, iteration: number, signal?: AbortSignal): Promise<StepOutcome> {
    const { layout } = this.#parts;
    const losses = new Float64Array(layout.runs);
    let correct = 0;
    await everyLane(
      this.#lanes.map(async (lane, laneIndex) => {
        for (let run = laneIndex; run < layout.runs; run += layout.lanes) {
          const binding = run === laneIndex ? lane.first : (lane.later ?? lane.first);
          this.#fill(lane, binding, batch, iteration, run);
          await binding.run(signal);
          if (run !== laneIndex) {
            await this.#parts.store.addGradients(this.#parts.scratchLane + laneIndex, laneIndex);
          }
          losses[run] = lane.outputs.loss[0]!;
          correct += this.#collect(lane, batch, run);
        }
      }),
    );
    // Summed in the order of the runs, so that the number does not depend on which lane was faster.
    const loss = losses.reduce((sum, value) => sum + value, 0) / layout.runs;
    return { loss, correct, statistics: this.#statistics };
  }

  /** What the summed gradients of all lanes are multiplied by to become the mean over the batch. */
  get gradientScale(): number {
    return 1 / this.#parts.layout.runs;
  }

  dispose(): void {
    for (const lane of this.#lanes) {
      lane.first.dispose();
      lane.later?.dispose();
    }
  }

  #fill(lane: Lane, binding: Binding, batch: ClipBatch, iteration: number, run: number): void {
    const { layout, network, seed } = this.#parts;
    const firstClip = run * layout.clipsPerRun;
    binding.rebindInput('clip', clipTensor(batch, firstClip, layout.clipsPerRun));
    fillTargets(
      lane.target,
      batch.labels.subarray(firstClip, firstClip + layout.clipsPerRun),
      network.numClasses,
    );
    if (lane.mask !== null) {
      fillDropoutMask(lane.mask, {
        seed,
        iteration,
        firstClip,
        clips: layout.clipsPerRun,
        features: network.features,
        rate: network.dropout,
      });
    }
  }

  #collect(lane: Lane, batch: ClipBatch, run: number): number {
    const { layout, network } = this.#parts;
    for (const [name, total] of this.#statistics) {
      const place = (run * total.mean.length) / layout.runs;
      total.mean.set(lane.outputs.means.get(name)!, place);
      total.variance.set(lane.outputs.variances.get(name)!, place);
    }
    const firstClip = run * layout.clipsPerRun;
    const labels = batch.labels.subarray(firstClip, firstClip + layout.clipsPerRun);
    return countCorrect(lane.outputs.logits, labels, network.numClasses);
  }
}

function makeLane(parts: StepRunnerParts, lane: number): Lane {
  const { network, graph, session, store, layout, shape } = parts;
  const { clipsPerRun, groupsPerRun } = layout;
  const classes = network.numClasses;
  const target = new Float32Array(clipsPerRun * classes);
  const mask = graph.hasDropout ? new Float32Array(network.features * clipsPerRun) : null;
  const inputs = new Map<string, Bindable>(
    network.parameters.map(({ name }) => [name, store.parameter(name)]),
  );
  const pixels = new Uint8Array(clipsPerRun * shape.frames * shape.cropSize ** 2 * 3);
  inputs.set('clip', {
    type: 'uint8',
    dims: [clipsPerRun, shape.frames, shape.cropSize, shape.cropSize, 3],
    data: pixels,
  });
  inputs.set('target', { type: 'float32', dims: [clipsPerRun, classes], data: target });
  if (mask !== null) {
    inputs.set('dropoutMask', { type: 'float32', dims: [network.features, clipsPerRun], data: mask });
  }
  const perGroup = (): ReadonlyMap<string, Float32Array> =>
    new Map(
      network.normalizations.map(({ name, channels }) => [name, new Float32Array(groupsPerRun * channels)]),
    );
  const outputs: LaneOutputs = {
    loss: new Float32Array(1),
    logits: new Float32Array(clipsPerRun * classes),
    means: perGroup(),
    variances: perGroup(),
  };
  const bind = (gradientSet: number): Binding =>
    session.bind(inputs, bindableOutputs(parts, outputs, gradientSet));
  return {
    first: bind(lane),
    later: layout.runs > layout.lanes ? bind(parts.scratchLane + lane) : null,
    outputs,
    target,
    mask,
  };
}

function bindableOutputs(
  parts: StepRunnerParts,
  outputs: LaneOutputs,
  gradientSet: number,
): Map<string, Bindable> {
  const { network, store, layout } = parts;
  const tensors = new Map<string, Bindable>([
    ['loss', { type: 'float32', dims: [], data: outputs.loss }],
    ['logits', { type: 'float32', dims: [layout.clipsPerRun, network.numClasses], data: outputs.logits }],
  ]);
  for (const { name } of network.parameters) {
    tensors.set(`gradient/${name}`, store.gradient(gradientSet, name));
  }
  for (const [name, data] of outputs.means) {
    tensors.set(`mean/${name}`, { type: 'float32', dims: [data.length], data });
  }
  for (const [name, data] of outputs.variances) {
    tensors.set(`variance/${name}`, { type: 'float32', dims: [data.length], data });
  }
  return tensors;
}

function clipTensor(batch: ClipBatch, firstClip: number, clips: number): Tensor {
  const bytes = batch.frames * batch.cropSize ** 2 * 3;
  return {
    type: 'uint8',
    dims: [clips, batch.frames, batch.cropSize, batch.cropSize, 3],
    data: batch.pixels.subarray(firstClip * bytes, (firstClip + clips) * bytes),
  };
}

/** Writes one-hot rows, `[N, K]`. */
function fillTargets(target: Float32Array, labels: Int32Array, classes: number): void {
  target.fill(0);
  labels.forEach((label, clip) => {
    target[clip * classes + label] = 1;
  });
}

/** Rows of `logits` `[N, K]` whose largest entry is the label's. */
export function countCorrect(logits: Float32Array, labels: Int32Array, classes: number): number {
  let correct = 0;
  for (let clip = 0; clip < labels.length; clip += 1) {
    let best = 0;
    for (let k = 1; k < classes; k += 1) {
      if (logits[clip * classes + k]! > logits[clip * classes + best]!) {
        best = k;
      }
    }
    correct += best === labels[clip] ? 1 : 0;
  }
  return correct;
}
