/**
 * A checkpoint of one of our runs as a source of weights: its parameters and population statistics under our own names,
 * as an exported file has them. Momenta and the place in training stay behind. In: the opened checkpoint.
 */
import { aggregateGroups } from '../models/normalization-statistics.ts';
import { meanName, varianceName } from './names/own-names.ts';
import type { SafetensorsSource } from './safetensors-source.ts';
import type { StoredTensor, WeightSource } from './weight-source.ts';

/** Prefixes of a checkpoint's tensors; statistics are `[groups, channels]`. */
const PARAMETER = 'parameter/';
const MEAN = 'mean/';
const VARIANCE = 'variance/';

interface Statistic {
  readonly norm: string;
  readonly kind: 'mean' | 'variance';
}

export class CheckpointSource implements WeightSource {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly #file: SafetensorsSource;
  readonly #statistics = new Map<string, Statistic>();

  constructor(file: SafetensorsSource) {
    this.#file = file;
    const tensors = new Map<string, StoredTensor>();
    for (const [key, { dims }] of file.tensors) {
      if (key.startsWith(PARAMETER)) {
        const name = key.slice(PARAMETER.length);
        tensors.set(name, { name, dims });
      } else if (key.startsWith(MEAN) && file.tensors.has(VARIANCE + key.slice(MEAN.length))) {
        const norm = key.slice(MEAN.length);
        for (const kind of ['mean', 'variance'] as const) {
          const name = kind === 'mean' ? meanName(norm) : varianceName(norm);
          tensors.set(name, { name, dims: dims.slice(1) });
          this.#statistics.set(name, { norm, kind });
        }
      }
    }
    this.tensors = tensors;
  }

  async read(name: string): Promise<Float32Array> {
    const statistic = this.#statistics.get(name);
    if (statistic === undefined) {
      return this.#file.read(PARAMETER + name);
    }
    const { norm, kind } = statistic;
    const [groups = 1, channels = 0] = this.#file.tensors.get(MEAN + norm)!.dims;
    const mean = await this.#file.read(MEAN + norm);
    const variance = await this.#file.read(VARIANCE + norm);
    return aggregateGroups({ groups, channels, mean, variance })[kind];
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
