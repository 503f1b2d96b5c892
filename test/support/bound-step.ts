/**
 * A training graph with all it reads and writes in plain arrays, without the trainer around it. In: an engine, a network, a shape,
 * inputs. Out: runs, and results by name. With groups that span ranks also the memory of the exchanges.
 */
import type { Bindable, Engine, Tensor } from '../../trainer-image/engine/engine.ts';
import { exchangeOutputs } from '../../trainer-image/graph/exchange.ts';
import { elementCount } from '../../trainer-image/graph/value.ts';
import type { GraphOptions, Network, StepShape } from '../../trainer-image/models/network.ts';
import { ExchangeMemory } from '../../trainer-image/mpi/exchange-memory.ts';
import type { OracleTensor } from './onnx-oracle.ts';

export interface BoundStep {
  run(signal?: AbortSignal): Promise<void>;
  readonly results: ReadonlyMap<string, Float32Array>;
  readonly exchanges: ExchangeMemory;
  dispose(): void;
}

export interface BoundStepOptions extends GraphOptions {
  readonly threads?: number;
}

export async function bindStep(
  engine: Engine,
  network: Network,
  shape: StepShape,
  inputs: ReadonlyMap<string, OracleTensor>,
  { threads = 1, ...options }: BoundStepOptions = {},
): Promise<BoundStep> {
  const graph = network.trainingGraph(shape, options);
  const exchanges = new ExchangeMemory(graph.exchanges);
  const signals = graph.exchanges.length > 0 ? { signals: exchanges.signals } : {};
  const session = await engine.createSession(graph.model, { threads, ...signals });
  const outputs = new Map<string, Tensor & { readonly data: Float32Array }>();
  const add = (
    name: string,
    dims: readonly number[],
    data: Float32Array = new Float32Array(elementCount(dims)),
  ): void => {
    outputs.set(name, { type: 'float32', dims, data });
  };
  add('loss', []);
  add('gradientSquares', []);
  add('logits', [shape.clips, network.numClasses]);
  network.parameters.forEach(({ name, dims }) => {
    add(`gradient/${name}`, dims);
  });
  for (const { name, channels } of network.normalizations) {
    add(`mean/${name}`, [shape.groups * channels]);
    add(`variance/${name}`, [shape.groups * channels]);
  }
  exchanges.numbers.forEach(({ given, taken }, index) => {
    const names = exchangeOutputs(index);
    add(names.given, [2, given.length / 2], given);
    add(names.taken, [2, taken.length / 2], taken);
  });
  const fed = new Map<string, Bindable>(
    [...inputs].map(([name, { data, dims }]) => [
      name,
      { type: data instanceof Uint8Array ? 'uint8' : 'float32', dims, data },
    ]),
  );
  const binding = session.bind(fed, outputs);
  return {
    run: (signal) => binding.run(signal),
    results: new Map([...outputs].map(([name, { data }]) => [name, data])),
    exchanges,
    dispose: () => {
      session.dispose();
    },
  };
}
