/**
 * Parameters in the engine's arena: host memory that ONNX Runtime reads and writes in place, updated by one pass of a
 * WebAssembly kernel. In: an arena. Out: a `ParameterStore`. The processor's way.
 */
import type { FloatTensor, ParameterArena, UpdateSettings } from '../../engine/engine.ts';
import type { ParameterStore, ParameterValues } from './parameter-store.ts';

export class ArenaStore implements ParameterStore {
  readonly #arena: ParameterArena;

  constructor(arena: ParameterArena) {
    this.#arena = arena;
  }

  get gradientSets(): number {
    return this.#arena.lanes;
  }

  parameter(name: string): FloatTensor {
    return this.#arena.parameter(name);
  }

  gradient(set: number, name: string): FloatTensor {
    return this.#arena.gradient(set, name);
  }

  clipBuffer(): null {
    return null;
  }

  addGradients(from: number, into: number): void {
    this.#arena.addGradients(from, into);
  }

  update(settings: UpdateSettings): void {
    this.#arena.update(settings);
  }

  read(): Promise<ParameterValues> {
    const copies = (tensorOf: (name: string) => FloatTensor): ReadonlyMap<string, Float32Array> =>
      new Map(this.#arena.slots.map(({ name }) => [name, tensorOf(name).data.slice()]));
    return Promise.resolve({
      parameters: copies((name) => this.#arena.parameter(name)),
      momenta: copies((name) => this.#arena.momentum(name)),
    });
  }

  write({ parameters, momenta }: ParameterValues): Promise<void> {
    for (const [name, values] of parameters) {
      this.#arena.parameter(name).data.set(values);
      const momentum = momenta.get(name);
      if (momentum === undefined) {
        this.#arena.momentum(name).data.fill(0);
      } else {
        this.#arena.momentum(name).data.set(momentum);
      }
    }
    return Promise.resolve();
  }

  dispose(): void {
    // The arena is ordinary memory: the garbage collector's.
  }
}
