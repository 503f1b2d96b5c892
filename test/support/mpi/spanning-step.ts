/**
 * One rank's part of a step whose batch-norm groups span ranks, without the trainer around it. In: a network, the batch, how its
 * graph is written. Out: ranks that are connected, and the part, bound to its clips of the batch.
 */
import { shareOf } from '../../../multigrid/sharing/share.ts';
import { createEngine } from '../../../trainer-image/engine/create-engine.ts';
import type { Communicator } from '../../../trainer-image/mpi/communicator.ts';
import { createNetwork } from '../../../trainer-image/models/create-network.ts';
import type { GraphOptions, Network, StepShape } from '../../../trainer-image/models/network.ts';
import { type Spanning, spanningOf } from '../../../trainer-image/train/collective/spanning.ts';
import { type BoundStep, bindStep } from '../bound-step.ts';
import { trainingInputs } from '../network-inputs.ts';
import { tinySlowFast } from '../network-specs.ts';
import type { OracleTensor } from '../onnx-oracle.ts';
import { smoothOnnxNetwork, smoothZooNetwork } from '../smooth-network.ts';
import { openThisRank } from './this-rank.ts';

const NETWORKS = {
  zoo: smoothZooNetwork,
  file: smoothOnnxNetwork,
  slowFast: () => createNetwork({ ...tinySlowFast, dropout: 0 }),
};

export interface SpanningRequest extends GraphOptions {
  readonly network: keyof typeof NETWORKS;
  readonly clips: number;
  readonly groups: number;
}

export interface SpanningStep {
  readonly communicator: Communicator;
  readonly network: Network;
  /** Of the whole batch. */
  readonly shape: StepShape;
  readonly inputs: ReadonlyMap<string, OracleTensor>;
  readonly spanning: Spanning;
  readonly step: BoundStep;
  readonly close: () => Promise<void>;
}

export async function openSpanningStep(request: SpanningRequest): Promise<SpanningStep> {
  const { clips, groups, precision = 'float32', recomputes = false } = request;
  const communicator = await openThisRank();
  const { rank, size: workers } = communicator;
  const set = { workers, acrossWorkers: 'Synchronize' } as const;
  const network = NETWORKS[request.network]();
  const shape = { clips, groups, frames: 4, cropSize: 20 };
  const scale = precision === 'mixed' ? { lossScale: 256 } : {};
  const inputs = trainingInputs(network, shape, { parameters: network.initialValues(1), seed: 3, ...scale });
  const spanning = spanningOf(shape, rank, set);
  if (spanning === null) {
    throw new RangeError(`no group of ${clips} clips in ${groups} spans ${workers} ranks`);
  }
  const { first, count } = shareOf(shape, rank, set).clips;
  const own = new Map(inputs);
  for (const name of ['clip', 'target']) {
    const { data, dims } = inputs.get(name)!;
    const row = data.length / clips;
    own.set(name, { data: data.slice(first * row, (first + count) * row), dims: [count, ...dims.slice(1)] });
  }
  const engine = await createEngine();
  const step = await bindStep(engine, network, { ...shape, ...spanning.shape }, own, {
    ...{ precision, recomputes },
  });
  return {
    ...{ communicator, network, shape, inputs, spanning, step },
    close: async () => {
      step.dispose();
      engine.dispose();
      await communicator.close();
    },
  };
}
