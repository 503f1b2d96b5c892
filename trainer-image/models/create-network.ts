/**
 * The models room's front door. In: a `NetworkSpec`. Out: a `Network` with its parameter list and the three graphs made
 * from it. The trainer calls it once per run.
 */
import { PUBLISHED_PIXELS } from '../../multigrid/contract/pixels.ts';
import { buildEvaluationGraph } from './evaluation-graph.ts';
import { buildExportModel } from './export-model.ts';
import { requireValues } from './exported-values.ts';
import type { NetworkFront } from './forward.ts';
import { initialValues } from './initial-values.ts';
import { COLOURS } from './layers.ts';
import type { Network, NetworkSpec } from './network.ts';
import { NETWORK_FUNCTIONS } from './network-function.ts';
import { checkShape, checkSpec } from './network-shape.ts';
import { initialStatistics } from './normalization-statistics.ts';
import { ParameterLayers } from './parameter-layers.ts';
import { TapeLayers } from './tape-layers.ts';
import { buildTrainingGraph } from './training-graph.ts';

/** @throws NetworkSpecError when the numbers of the spec do not make a network. */
export function createNetwork(spec: NetworkSpec): Network {
  checkSpec(spec);
  const network = NETWORK_FUNCTIONS[spec.family];
  const inventory = new ParameterLayers(spec);
  network(inventory, spec, COLOURS);
  const { parameters, normalizations, features } = inventory;
  const front: NetworkFront = {
    name: spec.family,
    numClasses: spec.numClasses,
    dropout: spec.dropout,
    loss: spec.loss ?? 'crossEntropy',
    parameters,
    frozen: [],
    features,
    pixels: PUBLISHED_PIXELS,
    forward: (tape, pixels, choices) => network(new TapeLayers(tape, choices), spec, pixels),
  };
  return {
    ...front,
    normalizations,
    initialValues: (seed) => initialValues(parameters, seed),
    initialStatistics: () =>
      new Map(normalizations.map(({ name, channels }) => [name, initialStatistics(1, channels)])),
    checkShape: (shape) => {
      checkShape(spec, shape);
    },
    trainingGraph: (shape, options) => {
      checkShape(spec, shape);
      return buildTrainingGraph(front, shape, options);
    },
    evaluationGraph: (shape, options) => {
      checkShape(spec, { ...shape, groups: 1 });
      return buildEvaluationGraph(front, shape, options);
    },
    exportModel: (values, shape, metadata) => {
      checkShape(spec, { ...shape, clips: 1, groups: 1 });
      requireValues(inventory, values);
      return buildExportModel(network, spec, values, shape, metadata);
    },
  };
}
