/**
 * All numbers that training changes, side by side in one shared memory: parameters, momenta, one gradient set per lane.
 * In: the parameters' names and dims. Out: a `ParameterArena` whose tensors the step binds directly (ONNX Runtime reads
 * parameters and writes gradients in place) and whose `update` is one pass over that memory. Made through the engine.
 */
import type { FloatTensor, ParameterArena, ParameterSlot, UpdateSettings } from './engine.ts';
import { createUpdateKernel } from './update/update-kernel.ts';
import type { UpdateKernel, UpdateStretch } from './update/update-kernel.ts';

/** A cache line: what the kernel takes at a time, and the alignment ONNX Runtime's own allocator keeps. */
const LINE_BYTES = 64;
const FLOAT_BYTES = 4;
const PAGE_BYTES = 65536;
/** What 32-bit WebAssembly can address. */
const MAX_PAGES = 65536;

/** The arena was asked for something it cannot hold. */
export class ArenaError extends Error {
  override readonly name = 'ArenaError';
}

interface Place {
  readonly slot: ParameterSlot;
  /** From the start of a set, in bytes. */
  readonly offset: number;
  readonly count: number;
}

interface Layout {
  readonly places: ReadonlyMap<string, Place>;
  /** Parameters with weight decay lie in front: `[0, decayBytes)`. */
  readonly decayBytes: number;
  /** One set: all parameters, or all momenta, or one lane's gradients. */
  readonly setBytes: number;
}

/** @throws ArenaError when names repeat, lanes are none, or more than 4 GiB would be needed. */
export function createArena(slots: readonly ParameterSlot[], lanes: number): ParameterArena {
  return new SharedArena(slots, lanes);
}

class SharedArena implements ParameterArena {
  readonly slots: readonly ParameterSlot[];
  readonly lanes: number;
  readonly #layout: Layout;
  readonly #memory: WebAssembly.Memory;
  readonly #kernel: UpdateKernel;

  constructor(slots: readonly ParameterSlot[], lanes: number) {
    if (!Number.isInteger(lanes) || lanes < 1) {
      throw new ArenaError(`an arena has at least one lane, not ${lanes}`);
    }
    this.slots = slots;
    this.lanes = lanes;
    this.#layout = layOut(slots);
    this.#memory = allocate((2 + lanes) * this.#layout.setBytes);
    this.#kernel = createUpdateKernel(this.#memory);
  }

  parameter(name: string): FloatTensor {
    return this.#tensor(0, name);
  }

  momentum(name: string): FloatTensor {
    return this.#tensor(1, name);
  }

  gradient(lane: number, name: string): FloatTensor {
    return this.#tensor(this.#gradientSet(lane), name);
  }

  addGradients(from: number, into: number): void {
    const { setBytes } = this.#layout;
    this.#kernel.add(this.#gradientSet(into) * setBytes, this.#gradientSet(from) * setBytes, setBytes);
  }

  update({ weightDecay, ...settings }: UpdateSettings): void {
    if (!Number.isInteger(settings.lanes) || settings.lanes < 1 || settings.lanes > this.lanes) {
      throw new ArenaError(`cannot sum ${settings.lanes} gradient sets: this arena has ${this.lanes}`);
    }
    const { decayBytes, setBytes } = this.#layout;
    this.#kernel.update(this.#stretch(0, decayBytes), { ...settings, decay: weightDecay });
    this.#kernel.update(this.#stretch(decayBytes, setBytes), { ...settings, decay: 0 });
  }

  #gradientSet(lane: number): number {
    if (!Number.isInteger(lane) || lane < 0 || lane >= this.lanes) {
      throw new ArenaError(`there is no lane ${lane}: this arena has lanes 0 to ${this.lanes - 1}`);
    }
    return 2 + lane;
  }

  #stretch(start: number, end: number): UpdateStretch {
    const { setBytes } = this.#layout;
    return {
      parameters: start,
      momenta: setBytes + start,
      gradients: 2 * setBytes + start,
      bytes: end - start,
      laneBytes: setBytes,
    };
  }

  #tensor(set: number, name: string): FloatTensor {
    const place = this.#layout.places.get(name);
    if (place === undefined) {
      throw new ArenaError(`there is no parameter "${name}" in this arena`);
    }
    const start = set * this.#layout.setBytes + place.offset;
    return {
      type: 'float32',
      dims: place.slot.dims,
      data: new Float32Array(this.#memory.buffer, start, place.count),
    };
  }
}

/** Every slot starts on a cache line; what is left of its last line stays 0 through every update. */
function layOut(slots: readonly ParameterSlot[]): Layout {
  const places = new Map<string, Place>();
  let offset = 0;
  const put = (slot: ParameterSlot): void => {
    if (places.has(slot.name)) {
      throw new ArenaError(`two parameters are named "${slot.name}"`);
    }
    const count = slot.dims.reduce((product, dim) => product * dim, 1);
    if (!Number.isSafeInteger(count) || count < 0) {
      throw new ArenaError(`parameter "${slot.name}" has impossible dims [${slot.dims.join(', ')}]`);
    }
    places.set(slot.name, { slot, offset, count });
    offset += Math.ceil((count * FLOAT_BYTES) / LINE_BYTES) * LINE_BYTES;
  };
  slots.filter((slot) => slot.decay).forEach(put);
  const decayBytes = offset;
  slots.filter((slot) => !slot.decay).forEach(put);
  return { places, decayBytes, setBytes: offset };
}

function allocate(bytes: number): WebAssembly.Memory {
  const pages = Math.max(1, Math.ceil(bytes / PAGE_BYTES));
  if (pages > MAX_PAGES) {
    throw new ArenaError(
      `parameters, momenta and gradients need ${(bytes / 2 ** 30).toFixed(1)} GiB, an arena holds 4: use fewer lanes ` +
        `or a smaller network`,
    );
  }
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
}
