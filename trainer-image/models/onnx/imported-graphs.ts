/**
 * The graphs of an imported network at one shape. In: an inventory and the shape. Out: what `TrainingGraph` and
 * `EvaluationGraph` of `network.ts` promise. Training takes batch statistics by groups, evaluation those of the population.
 */
import type { PixelStatistics } from '../../autodiff/rules/clip.ts';
import { Tape } from '../../autodiff/tape.ts';
import { cast } from '../../graph/elementwise.ts';
import { encodeModel } from '../../graph/encode.ts';
import { Graph } from '../../graph/graph.ts';
import { batchNormalization } from '../../graph/normalize.ts';
import { elementCount, formatDims } from '../../graph/value.ts';
import type { Value } from '../../graph/value.ts';
import { reshape, transpose } from '../../graph/view.ts';
import { closeTrainingGraph } from '../close-training-graph.ts';
import type { EvaluationGraph, GraphOptions, LossName, StepShape, TrainingGraph } from '../network.ts';
import { OnnxUnsupportedError } from './errors.ts';
import type { Inventory } from './inventory.ts';
import type { ClipAxes } from './operand.ts';
import { walkNetwork } from './walk.ts';
import type { WalkOptions } from './walk.ts';

export interface ImportedNetwork {
  readonly inventory: Inventory;
  readonly numClasses: number;
  readonly dropout: number;
  readonly loss: LossName;
  readonly clipAxes: ClipAxes;
  readonly pixels: PixelStatistics | undefined;
}

type Choices = Pick<WalkOptions, 'normalize' | 'dropout'>;

/** Walks the network once, to see whether the shape fits, and throws the graph away. */
export function checkImportedShape(network: ImportedNetwork, shape: StepShape): void {
  forward(network, shape, {}, (tape) => trainingChoices(network, shape, tape).choices);
}

export function buildImportedTraining(
  network: ImportedNetwork,
  shape: StepShape,
  options: GraphOptions,
): TrainingGraph {
  const { dropout, inventory } = network;
  let valuesPerGroup: ReadonlyMap<string, number> = new Map();
  const { tape, logits, stored } = forward(network, shape, options, (recorder) => {
    const training = trainingChoices(network, shape, recorder);
    ({ valuesPerGroup } = training);
    return training.choices;
  });
  const { graph } = tape;
  const hasLossScale = options.precision === 'mixed';
  const model = closeTrainingGraph(tape, {
    name: 'imported',
    target: graph.input('target', 'float32', [shape.clips, network.numClasses]),
    logits,
    parameters: inventory.parameters.map(({ name }) => stored.get(name)!),
    loss: network.loss,
    lossScale: hasLossScale ? graph.input('lossScale', 'float32', []) : undefined,
  });
  const features = inventory.classifier?.features ?? 0;
  return { model, features, hasDropout: dropout > 0, hasLossScale, valuesPerGroup };
}

export function buildImportedEvaluation(
  network: ImportedNetwork,
  shape: { readonly clips: number; readonly frames: number; readonly cropSize: number },
  { device }: GraphOptions,
): EvaluationGraph {
  const options = device === undefined ? {} : { device };
  const { tape, logits } = forward(network, shape, options, ({ graph }) => ({
    normalize: (name, [x, gamma, beta], epsilon) => {
      const channels = x.dims[0]!;
      const mean = graph.input(`mean/${name}`, 'float32', [channels]);
      const variance = graph.input(`variance/${name}`, 'float32', [channels]);
      const rows = reshape(graph, x, [1, channels, elementCount(x.dims) / channels]);
      const normalized = graph.scoped(name, () =>
        batchNormalization(graph, rows, { scale: gamma, bias: beta, mean, variance }, epsilon),
      );
      return reshape(graph, normalized, x.dims);
    },
    dropout: (features) => features,
  }));
  tape.graph.output('logits', logits);
  return { model: encodeModel(tape.graph, { graphName: 'imported-evaluation' }) };
}

interface Forward {
  readonly tape: Tape;
  readonly logits: Value;
  /** Parameters and frozen tensors, by name. */
  readonly stored: ReadonlyMap<string, Value>;
}

function forward(
  network: ImportedNetwork,
  shape: { readonly clips: number; readonly frames: number; readonly cropSize: number },
  { device, precision = 'float32' }: GraphOptions,
  choices: (tape: Tape) => Choices,
): Forward {
  const { inventory, clipAxes, numClasses, pixels: statistics } = network;
  const { clips, frames, cropSize } = shape;
  const graph = new Graph(device);
  const activations = precision === 'mixed' ? 'float16' : 'float32';
  const tape = new Tape(graph);
  const clip = graph.input('clip', 'uint8', [clips, frames, cropSize, cropSize, 3]);
  const options = { type: activations, ...(statistics === undefined ? {} : { pixels: statistics }) } as const;
  const { output: pixels } = tape.apply('normalizeClip', 'clip', [clip], options);
  const trained = inventory.parameters.map(({ name, dims }) => ({ name, dims, type: 'float32' as const }));
  const inputs = new Map([...trained, ...inventory.frozen].map((tensor) => [tensor.name, tensor]));
  const stored = new Map<string, Value>();
  const reached = walkNetwork(tape, inventory, pixels, {
    clipAxes,
    activations,
    stored: (name) => {
      const { type, dims } = inputs.get(name)!;
      const value = graph.input(name, type, dims);
      stored.set(name, value);
      return value;
    },
    ...choices(tape),
  });
  const { output: logits } = tape.apply('cast', 'logits', [reached], { type: 'float32' });
  if (logits.dims.length !== 2 || logits.dims[0] !== clips || logits.dims[1] !== numClasses) {
    throw new OnnxUnsupportedError(
      `the output has dims ${formatDims(logits.dims)}, but ${clips} clips and ${numClasses} classes need [${clips}, ${numClasses}]`,
    );
  }
  return { tape, logits, stored };
}

/** Batch statistics by groups, and the mask that drops features. */
function trainingChoices(
  { inventory, dropout }: ImportedNetwork,
  { clips, groups }: StepShape,
  tape: Tape,
): { readonly choices: Choices; readonly valuesPerGroup: ReadonlyMap<string, number> } {
  const { graph } = tape;
  const valuesPerGroup = new Map<string, number>();
  return {
    valuesPerGroup,
    choices: {
      normalize: (name, inputs, epsilon) => {
        const result = tape.apply('batchNorm', name, inputs, { groups, epsilon });
        graph.output(`mean/${name}`, result.mean);
        graph.output(`variance/${name}`, result.variance);
        valuesPerGroup.set(name, result.valuesPerGroup);
        return result.output;
      },
      dropout: (x) => {
        if (dropout === 0) {
          return x;
        }
        const features = inventory.classifier?.features ?? 0;
        if (x.dims[0] !== clips || x.dims.at(-1) !== features) {
          throw new OnnxUnsupportedError(
            `the classifier's input ${formatDims(x.dims)} has no axis of clips in front; set model.dropout to 0`,
          );
        }
        const mask = graph.input('dropoutMask', 'float32', [features, clips]);
        const inner = x.dims.slice(1, -1).map(() => 1);
        const rows = reshape(graph, transpose(graph, mask, [1, 0]), [clips, ...inner, features]);
        return tape.apply('multiply', 'classifier.dropout', [x, cast(graph, rows, x.type)], {}).output;
      },
    },
  };
}
