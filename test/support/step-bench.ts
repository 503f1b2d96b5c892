/**
 * Training steps of a small SlowFast without a job around them: batches made by a rule, an engine that may be short of
 * memory, the update after every step. For tests that compare how the same steps are run.
 */
import { createEngine } from '../../trainer-image/engine/create-engine.ts';
import { createNetwork } from '../../trainer-image/models/create-network.ts';
import type { Network, StepShape } from '../../trainer-image/models/network.ts';
import type {
  MicroBatches,
  MicroBatchLimits,
  Reduction,
} from '../../trainer-image/train/steps/micro-batches.ts';
import { startStepTraining } from './step-training.ts';

export interface Trace {
  readonly losses: readonly number[];
  /** Every parameter after the last step. */
  readonly parameters: Float32Array;
  readonly reductions: readonly Reduction[];
  /** Of the last step of each shape. */
  readonly microBatches: readonly MicroBatches[];
}

export interface TraceSettings extends MicroBatchLimits {
  /** In the order of the short cycle. */
  readonly shapes: readonly StepShape[];
  readonly steps: number;
  /** Try every shape before the first step. */
  readonly probes?: boolean;
  readonly activationMiB?: number;
}

function benchNetwork(): Network {
  return createNetwork({
    family: 'slowfast',
    numClasses: 3,
    dropout: 0.3,
    width: 8,
    blocks: [2, 1],
    expansion: 4,
    stemKernel: 3,
    alpha: 2,
    betaInv: 2,
    fusionKernel: 3,
    zeroInitFinalGamma: false,
  });
}

/** Trains from the same start and on the same batches as every other call with these shapes and steps. */
export async function trainTrace(settings: TraceSettings): Promise<Trace> {
  const { shapes, steps, probes = false, activationMiB, ...limits } = settings;
  const memory = activationMiB === undefined ? {} : { activationBytes: activationMiB * 2 ** 20 };
  const engine = await createEngine(memory);
  const network = benchNetwork();
  const reductions: Reduction[] = [];
  const training = await startStepTraining(engine, network, {
    ...limits,
    ...memory,
    ...{ seed: 3, learningRate: 0.05 },
    onReduced: (reduction) => {
      reductions.push(reduction);
    },
  });
  const { kit, store } = training;
  try {
    for (const shape of probes ? shapes : []) {
      await kit.probe(shape);
    }
    const losses: number[] = [];
    for (let iteration = 0; iteration < steps; iteration += 1) {
      const { loss } = await training.step(shapes[iteration % shapes.length]!, iteration);
      losses.push(loss);
    }
    const runners = await Promise.all(shapes.map((shape) => kit.runner(shape)));
    const { parameters } = await store.read();
    return {
      losses,
      parameters: Float32Array.from([...parameters.values()].flatMap((values) => [...values])),
      reductions,
      microBatches: runners.map(({ microBatches }) => microBatches),
    };
  } finally {
    await training.dispose();
    engine.dispose();
  }
}
