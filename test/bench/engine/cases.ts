/**
 * What `engine.bench.ts` times: networks and, for each, the four shapes of the long cycle made from its base shape, with
 * the batch-norm groups of the long-cycle rule (every group has the base's clips). Each side of a row gets one `StepCase`
 * as JSON.
 */
import type { NetworkSpec } from '../../../trainer-image/models/network.ts';
import { i3dR50, slowFastR50, slowR50, smallI3d, smallSlowFast } from '../../support/network-specs.ts';

/** One training step: what `engine-steps.ts` and `pytorch_steps.py` build and run. */
export interface StepCase {
  readonly spec: NetworkSpec;
  readonly clips: number;
  readonly frames: number;
  readonly cropSize: number;
  /** Batch-norm groups on our side; PyTorch has plain batch norm. */
  readonly groups: number;
  readonly cores: number;
}

export interface BenchNetwork {
  readonly title: string;
  readonly spec: NetworkSpec;
  /** The full shape: T, S and B of the baseline. */
  readonly base: { readonly frames: number; readonly cropSize: number; readonly clips: number };
}

export const NETWORKS: Readonly<Record<string, BenchNetwork>> = {
  smallI3d: { title: 'tiny I3D', spec: smallI3d, base: { frames: 16, cropSize: 64, clips: 8 } },
  smallSlowFast: {
    title: 'small SlowFast',
    spec: smallSlowFast,
    base: { frames: 16, cropSize: 64, clips: 8 },
  },
  slowR50: { title: 'Slow R50', spec: slowR50, base: { frames: 8, cropSize: 112, clips: 2 } },
  i3dR50: { title: 'I3D R50', spec: i3dR50, base: { frames: 8, cropSize: 112, clips: 2 } },
  slowFastR50: { title: 'SlowFast R50', spec: slowFastR50, base: { frames: 32, cropSize: 112, clips: 2 } },
};

/** The long cycle, coarse to fine: what T and S are divided by and B multiplied with. */
const LONG_CYCLE = [
  { time: 4, space: Math.SQRT2, batch: 8 },
  { time: 2, space: Math.SQRT2, batch: 4 },
  { time: 2, space: 1, batch: 2 },
  { time: 1, space: 1, batch: 1 },
];

/** The four steps of a network, coarse to fine. */
export function stepCases(
  { spec, base }: Pick<BenchNetwork, 'spec' | 'base'>,
  cores: number,
): readonly StepCase[] {
  return LONG_CYCLE.map(({ time, space, batch }) => ({
    spec,
    clips: base.clips * batch,
    frames: base.frames / time,
    cropSize: Math.round(base.cropSize / space),
    groups: batch,
    cores,
  }));
}

/**
 * The rows that are asked for, as lists with commas: networks by their names, shapes by numbers from 1.
 *
 * @param casesOf - the steps of a network, by shape
 * @throws Error when there is no such network or shape.
 */
export function* askedCases(
  asked: { readonly networks: string; readonly shapes: string },
  casesOf: (network: BenchNetwork) => readonly StepCase[],
): Generator<{ readonly name: string; readonly title: string; readonly stepCase: StepCase }> {
  for (const name of asked.networks.split(',')) {
    const network = NETWORKS[name];
    if (network === undefined) {
      throw new Error(`there is no network "${name}"; there are ${Object.keys(NETWORKS).join(', ')}`);
    }
    const cases = casesOf(network);
    for (const shape of asked.shapes.split(',')) {
      const stepCase = cases[Number(shape) - 1];
      if (stepCase === undefined) {
        throw new Error(`there is no shape ${shape}; shapes are 1 to ${cases.length}`);
      }
      yield { name, title: network.title, stepCase };
    }
  }
}

/** @throws Error when the text is no `StepCase`. */
export function parseCase(text: string): StepCase {
  const value: unknown = JSON.parse(text);
  if (!isCase(value)) {
    throw new Error('the first argument must be a StepCase as JSON');
  }
  return value;
}

function isCase(value: unknown): value is StepCase {
  return typeof value === 'object' && value !== null && 'spec' in value && 'groups' in value;
}
