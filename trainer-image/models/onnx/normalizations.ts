/**
 * The batch norms of a network. In: the nodes in order. Out: for each its name, channels and the statistics that the file
 * brings, which training goes on from.
 */
import type { ChannelMoments } from '../normalization-statistics.ts';
import { OnnxUnsupportedError } from './errors.ts';
import type { Initializer, OnnxModel, OnnxNode } from './model.ts';

/** Operators that normalise, with a scale and mostly a shift; their parameters are used in float32. */
export const NORMALIZING: ReadonlySet<string> = new Set([
  'BatchNormalization',
  'LayerNormalization',
  'GroupNormalization',
  'InstanceNormalization',
  'RMSNormalization',
]);

export interface ImportedNormalization {
  /** The name of its scale without `.weight`, as PyTorch calls the layer; a second use of one layer gets a number. */
  readonly name: string;
  readonly channels: number;
  /** Names of the stored running mean and variance; null where the file computes them. */
  readonly mean: string | null;
  readonly variance: string | null;
}

/** @throws OnnxUnsupportedError when nothing about a batch norm is stored. */
export function findNormalizations(
  model: OnnxModel,
  nodes: readonly OnnxNode[],
): ReadonlyMap<OnnxNode, ImportedNormalization> {
  const found = new Map<OnnxNode, ImportedNormalization>();
  const uses = new Map<string, number>();
  for (const node of nodes.filter(({ operator }) => operator === 'BatchNormalization')) {
    const [, scale = node.name, , mean = '', variance = ''] = node.inputs;
    const layer = scale.replace(/\.(weight|gamma|scale)$/, '');
    const use = (uses.get(layer) ?? 0) + 1;
    uses.set(layer, use);
    const stored = (name: string): string | null => (sourceOf(model, nodes, name) === null ? null : name);
    const channels = [scale, mean, variance]
      .map((name) => sourceOf(model, nodes, name)?.dims[0])
      .find((length) => length !== undefined);
    if (channels === undefined) {
      throw new OnnxUnsupportedError(
        `node ${JSON.stringify(node.name)} (BatchNormalization): its scale and statistics are computed, so that its channels ` +
          'are not known; an instance norm with running statistics is exported so: export it without them',
      );
    }
    found.set(node, {
      name: use === 1 ? layer : `${layer}#${use}`,
      channels,
      mean: stored(mean),
      variance: stored(variance),
    });
  }
  return found;
}

/** The statistics that the file brings, or those of a network that has seen nothing: mean 0 and variance 1. */
export function storedStatistics(
  model: OnnxModel,
  { channels, mean, variance }: ImportedNormalization,
): ChannelMoments {
  const numbers = (name: string | null, otherwise: number): Float32Array => {
    const data = name === null ? null : (sourceOf(model, model.nodes, name)?.data ?? null);
    return data?.length === channels ? Float32Array.from(data) : new Float32Array(channels).fill(otherwise);
  };
  return { mean: numbers(mean, 0), variance: numbers(variance, 1) };
}

/** The stored tensor behind a name, looked up through identities. */
function sourceOf(
  model: OnnxModel,
  nodes: readonly OnnxNode[],
  name: string,
): Pick<Initializer, 'dims' | 'data'> | null {
  const stored = model.initializers.get(name);
  if (stored !== undefined) {
    return stored;
  }
  const maker = nodes.find(({ operator, outputs }) => operator === 'Identity' && outputs[0] === name);
  return maker === undefined ? null : sourceOf(model, nodes, maker.inputs[0] ?? '');
}
