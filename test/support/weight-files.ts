/** A source of weights in memory, for tests of what is made of a file rather than of reading it. */
import type { NamedArray } from '../../trainer-image/weights/safetensors.ts';
import type { WeightSource } from '../../trainer-image/weights/weight-source.ts';

export function sourceOf(tensors: readonly NamedArray[]): WeightSource {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  return {
    tensors: byName,
    read: (name) => Promise.resolve(byName.get(name)!.data.slice()),
    close: () => Promise.resolve(),
  };
}
