/**
 * A user's own network, ready to be trained. In: the opened file and what the manifest says about it. Out: the same
 * `Network` that the zoo gives, with notes on how the file was understood. The trainer calls it once per run.
 */
import type { PixelStatistics } from '../../autodiff/rules/clip.ts';
import { GraphShapeError } from '../../graph/value.ts';
import { drawValues } from '../initial-values.ts';
import type { LossName, Network, StepShape } from '../network.ts';
import { NetworkShapeError } from '../network-shape.ts';
import { OnnxUnsupportedError } from './errors.ts';
import { exportOnnxModel } from './export-onnx-model.ts';
import { buildImportedEvaluation, buildImportedTraining, checkImportedShape } from './imported-graphs.ts';
import type { ImportedNetwork } from './imported-graphs.ts';
import { takeInventory } from './inventory.ts';
import type { OnnxModel } from './model.ts';
import { storedStatistics } from './normalizations.ts';
import type { ClipAxes } from './operand.ts';
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
  const { numClasses, loss, frozen = [] } = options;
  const { model, proto } = opened;
  const clipAxes = clipAxesOf(model);
  const inventory = takeInventory(model, { numClasses, frozen });
  const { classifier, parameters, frozen: kept } = inventory;
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
  const network: ImportedNetwork = { inventory, numClasses, dropout, loss, clipAxes, pixels: options.pixels };
  const normalizations = [...inventory.normalizations.values()];
  return {
    numClasses,
    dropout,
    loss,
    notes,
    parameters: parameters.map(({ name, dims, role, decay }) => ({ name, dims, role, decay })),
    frozen: kept.map(({ name, type, dims, data }) => ({ name, type, dims, data })),
    normalizations: normalizations.map(({ name, channels }) => ({ name, channels })),
    features: classifier?.features ?? 0,
    initialValues: (seed) =>
      new Map(
        parameters.map(({ name, dims, values }) => [
          name,
          values instanceof Float32Array
            ? values.slice()
            : drawValues({ name, dims, initialization: values }, seed),
        ]),
      ),
    initialStatistics: () =>
      new Map(normalizations.map((layer) => [layer.name, storedStatistics(model, layer)])),
    checkShape: (shape) => {
      atShape(shape, () => {
        checkImportedShape(network, shape);
      });
    },
    trainingGraph: (shape, graphOptions = {}) =>
      atShape(shape, () => buildImportedTraining(network, shape, graphOptions)),
    evaluationGraph: (shape, graphOptions = {}) =>
      atShape({ ...shape, groups: 1 }, () => buildImportedEvaluation(network, shape, graphOptions)),
    exportModel: (values, shape, metadata) =>
      exportOnnxModel({ network, proto }, values, { ...shape, metadata }),
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
function atShape<T>({ clips, frames, cropSize }: StepShape, build: () => T): T {
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
