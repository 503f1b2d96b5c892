/**
 * A user's own network, ready to be trained. In: the opened file and what the manifest says about it. Out: the same
 * `Network` that the zoo gives, with notes on how the file was understood. The trainer calls it once per run.
 */
import { PUBLISHED_PIXELS } from '../../../multigrid/contract/pixels.ts';
import type { PixelStatistics } from '../../../multigrid/contract/pixels.ts';
import { GraphShapeError } from '../../graph/value.ts';
import { buildEvaluationGraph } from '../evaluation-graph.ts';
import { requireValues } from '../exported-values.ts';
import type { NetworkFront } from '../forward.ts';
import { initialValues } from '../initial-values.ts';
import type { InputShape, LossName, Network } from '../network.ts';
import { NetworkShapeError } from '../network-shape.ts';
import { buildTrainingGraph, trainingForward } from '../training-graph.ts';
import type { ClipAxes } from '../export-frame.ts';
import { OnnxUnsupportedError } from './errors.ts';
import { exportOnnxModel } from './export-onnx-model.ts';
import { importedForward } from './imported-forward.ts';
import { takeInventory } from './inventory.ts';
import type { OnnxModel } from './model.ts';
import { storedStatistics } from './normalizations.ts';
import type { OpenedModel } from './read-model.ts';

export interface OnnxNetworkOptions {
  readonly numClasses: number;
  readonly dropout: number;
  readonly loss: LossName;
  /** The published networks' when left out. */
  readonly pixels?: PixelStatistics;
  /** Beginnings of names of stored tensors that are not trained. */
  readonly frozen?: readonly string[];
}

export interface OnnxNetwork extends Network {
  /** What a person should know about how the file was understood. */
  readonly notes: readonly string[];
}

/** @throws OnnxUnsupportedError when the network cannot be trained. */
export function createOnnxNetwork(opened: OpenedModel, options: OnnxNetworkOptions): OnnxNetwork {
  const { numClasses, loss, pixels = PUBLISHED_PIXELS } = options;
  const { model, proto } = opened;
  const clipAxes = clipAxesOf(model);
  const inventory = takeInventory(model, { numClasses, frozen: options.frozen ?? [] });
  const { classifier, parameters, frozen } = inventory;
  if (parameters.length === 0) {
    throw new OnnxUnsupportedError(
      'the network has no parameters: no stored float tensor reaches the logits',
    );
  }
  const notes = [...inventory.notes];
  const dropout = classifier === null ? 0 : options.dropout;
  if (dropout !== options.dropout) {
    notes.push(
      'the network does not end in a matrix product with stored weights, so model.dropout has no effect',
    );
  }
  const front: NetworkFront = {
    name: 'imported',
    numClasses,
    dropout,
    loss,
    parameters: parameters.map(({ name, dims, role, decay }) => ({ name, dims, role, decay })),
    frozen,
    features: classifier?.features ?? 0,
    pixels,
    forward: importedForward({ inventory, numClasses, clipAxes }),
  };
  const normalizations = [...inventory.normalizations.values()];
  return {
    ...front,
    notes,
    normalizations: normalizations.map(({ name, channels }) => ({ name, channels })),
    initialValues: (seed) => initialValues(parameters, seed),
    initialStatistics: () =>
      new Map(normalizations.map((layer) => [layer.name, storedStatistics(model, layer)])),
    checkShape: (shape) => {
      atShape(shape, () => {
        trainingForward(front, shape);
      });
    },
    trainingGraph: (shape, graphOptions) =>
      atShape(shape, () => buildTrainingGraph(front, shape, graphOptions)),
    evaluationGraph: (shape, graphOptions) =>
      atShape(shape, () => buildEvaluationGraph(front, shape, graphOptions)),
    exportModel: (values, shape, metadata) => {
      requireValues({ parameters, normalizations }, values);
      return exportOnnxModel(
        { inventory, proto, numClasses, loss, clipAxes, pixels },
        values,
        shape,
        metadata,
      );
    },
  };
}

/** Clips are `[N, 3, T, H, W]`, or `[N, T, 3, H, W]` when the file says so. */
function clipAxesOf(model: OnnxModel): ClipAxes {
  const { name, dims } = model.input;
  const [, second, third] = dims;
  if (dims.length !== 5) {
    throw new OnnxUnsupportedError(
      `input ${name} has dims [${dims.join(', ')}]; a clip has five axes, [N, 3, T, H, W] or [N, T, 3, H, W]`,
    );
  }
  if (second !== 3 && third === 3) {
    return 'NTCHW';
  }
  if (typeof second === 'number' && second !== 3) {
    throw new OnnxUnsupportedError(
      `input ${name} has dims [${dims.join(', ')}]; none of them is the three colours`,
    );
  }
  return 'NCTHW';
}

/** What does not fit, as an error about the shape. */
function atShape<T>({ clips, frames, cropSize }: InputShape, build: () => T): T {
  try {
    return build();
  } catch (error) {
    if (error instanceof OnnxUnsupportedError || error instanceof GraphShapeError) {
      throw new NetworkShapeError(
        `the network cannot take ${clips} clips of ${frames} frames of ${cropSize} pixels: ${error.message}`,
        { cause: error },
      );
    }
    throw error;
  }
}
