/**
 * Memory of the device that sessions compute on: blocks that stay between runs, and tensors inside them. In: an
 * allocator of the device. Out: `DeviceBlock`s; on a GPU their contents are reached by running copies only. Also host
 * memory that a GPU reads directly (pinned), for clips. On the processor both are ordinary memory, by the same calls.
 */
import { EngineError } from '../engine-error.ts';
import type { DeviceBlock, DeviceTensor, HostBlock, TensorType } from '../engine.ts';
import type { NativeApi } from './api.ts';
import { addressOf, bytesAt } from '../../native/c-library.ts';
import type { Address } from '../../native/c-library.ts';
import { elementBytes } from './element-types.ts';

const UINT8 = 2;
/** A cache line, the alignment that the runtime's own allocator keeps. */
const LINE_BYTES = 64n;

/** Where memory is, and how it is given back. */
export interface Memory {
  readonly address: Address;
  /** Whether the processor can read and write it. */
  readonly isHost: boolean;
  readonly release: () => void;
}

/**
 * Memory of a device, from one of the runtime's allocators.
 *
 * @throws EngineError when the device has not that much memory left.
 */
export function runtimeMemory(
  api: NativeApi,
  allocator: Address,
  { byteLength, isHost }: { readonly byteLength: number; readonly isHost: boolean },
): Memory {
  const value = api.get('CreateTensorAsOrtValue', allocator, BigInt64Array.of(BigInt(byteLength)), 1, UINT8);
  return {
    address: api.get('GetTensorMutableData', value),
    isHost,
    release: () => {
      api.release('ReleaseValue', value);
    },
  };
}

/**
 * Ordinary memory, full of zeros: the runtime's arena on the processor has a limit that is meant for activations.
 *
 * @throws EngineError `out-of-memory` when the system refuses.
 */
export function ordinaryMemory(byteLength: number): Memory {
  const held: Uint8Array[] = [];
  try {
    held.push(new Uint8Array(byteLength + Number(LINE_BYTES)));
  } catch (cause) {
    throw new EngineError('out-of-memory', `the system refuses ${byteLength} bytes of memory`, { cause });
  }
  const start = addressOf(held[0]!);
  return {
    address: start + ((LINE_BYTES - (start % LINE_BYTES)) % LINE_BYTES),
    isHost: true,
    // Whoever holds this function holds the memory.
    release: () => {
      held.length = 0;
    },
  };
}

/** One allocation that native values may point into. */
class Allocation {
  readonly address: Address;
  readonly isHost: boolean;
  readonly byteLength: number;
  readonly #release: () => void;
  #users = 0;
  #isReleased = false;

  constructor(byteLength: number, { address, isHost, release }: Memory) {
    this.byteLength = byteLength;
    this.isHost = isHost;
    this.address = address;
    this.#release = release;
  }

  get isReleased(): boolean {
    return this.#isReleased;
  }

  use(): void {
    if (this.#isReleased) {
      throw new EngineError('disposed', 'this memory was released');
    }
    this.#users += 1;
  }

  leave(): void {
    this.#users -= 1;
  }

  release(): void {
    if (this.#isReleased) {
      return;
    }
    if (this.#users > 0) {
      throw new EngineError(
        'busy',
        `cannot release memory that ${this.#users} bindings use: dispose them first`,
      );
    }
    this.#isReleased = true;
    this.#release();
  }
}

/** A tensor inside a block; what bindings tie instead of a typed array. */
export class OnnxDeviceTensor implements DeviceTensor {
  readonly kind = 'device';
  readonly type: TensorType;
  readonly dims: readonly number[];
  readonly address: Address;
  readonly byteLength: number;
  readonly #allocation: Allocation;

  constructor(allocation: Allocation, offsetBytes: number, type: TensorType, dims: readonly number[]) {
    this.type = type;
    this.dims = dims;
    this.byteLength = dims.reduce((product, dim) => product * dim, elementBytes(type));
    if (
      !Number.isSafeInteger(offsetBytes) ||
      offsetBytes < 0 ||
      !(offsetBytes + this.byteLength <= allocation.byteLength)
    ) {
      throw new EngineError(
        'invalid-argument',
        `${type} [${dims.join(', ')}] at byte ${offsetBytes} leaves its block of ${allocation.byteLength} bytes`,
      );
    }
    this.#allocation = allocation;
    this.address = allocation.address + BigInt(offsetBytes);
  }

  /** A native value points here now; the block cannot be released until `leave`. */
  use(): void {
    this.#allocation.use();
  }

  leave(): void {
    this.#allocation.leave();
  }

  /** The tensor's memory, in place; null on a GPU. */
  hostBytes(): Uint8Array<ArrayBuffer> | null {
    return this.#allocation.isHost ? bytesAt(this.address, this.byteLength) : null;
  }
}

export class OnnxDeviceBlock implements DeviceBlock {
  readonly #allocation: Allocation;
  readonly #onDispose: () => void;

  constructor(byteLength: number, memory: Memory, onDispose: () => void) {
    this.#allocation = new Allocation(byteLength, memory);
    this.#onDispose = onDispose;
  }

  get byteLength(): number {
    return this.#allocation.byteLength;
  }

  tensor(type: TensorType, dims: readonly number[], offsetBytes: number): DeviceTensor {
    return new OnnxDeviceTensor(this.#allocation, offsetBytes, type, dims);
  }

  dispose(): void {
    if (!this.#allocation.isReleased) {
      this.#allocation.release();
      this.#onDispose();
    }
  }
}

export class OnnxHostBlock implements HostBlock {
  readonly data: Uint8Array<ArrayBuffer>;
  readonly #allocation: Allocation;
  readonly #onDispose: () => void;

  constructor(byteLength: number, memory: Memory, onDispose: () => void) {
    this.#allocation = new Allocation(byteLength, memory);
    this.#onDispose = onDispose;
    this.data = bytesAt(this.#allocation.address, byteLength);
  }

  dispose(): void {
    if (!this.#allocation.isReleased) {
      this.#allocation.release();
      this.#onDispose();
    }
  }
}
