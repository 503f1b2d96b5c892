/**
 * A tensor as ONNX Runtime sees it: an OrtValue over a typed array's own memory or over a part of a device's, no copy.
 * In: a `Bindable` of the contract. Out: a native handle that bindings tie to a name. The value holds its array for as long as native code may
 * read or write it, and is released by the binding that made it.
 */
import { EngineError } from '../engine-error.ts';
import type { Bindable, Tensor } from '../engine.ts';
import type { NativeApi } from './api.ts';
import { OnnxDeviceTensor } from './device-memory.ts';
import { ELEMENT_TYPES } from './element-types.ts';
import type { ElementType } from './element-types.ts';
import type { Address, Pointer } from '../../native/c-library.ts';

/** Memories that a value may lie in, as the runtime describes them. */
export interface MemoryKinds {
  readonly host: Address;
  /** The same as `host` when the device is the processor. */
  readonly device: Address;
}

export class NativeValue {
  readonly handle: Address;
  readonly #api: NativeApi;
  /** Keeps the memory behind `handle`. */
  #tensor: Bindable | undefined;

  private constructor(api: NativeApi, handle: Address, tensor: Bindable) {
    this.#api = api;
    this.handle = handle;
    this.#tensor = tensor;
  }

  /**
   * @param place - names the tensor in messages, e.g. `input "clip"`.
   * @throws EngineError `invalid-argument` when dims, type and data contradict each other.
   */
  static over(api: NativeApi, memory: MemoryKinds, tensor: Bindable, place: string): NativeValue {
    if ('data' in tensor) {
      const { code, bytes } = checkedElementType(tensor, place);
      const length = tensor.data.length * bytes;
      return new NativeValue(
        api,
        create(api, memory.host, tensor.data, length, { dims: tensor.dims, code }),
        tensor,
      );
    }
    if (!(tensor instanceof OnnxDeviceTensor)) {
      throw new EngineError('invalid-argument', `${place}: this tensor lies in the memory of another engine`);
    }
    const { address, byteLength, dims, type } = tensor;
    tensor.use();
    try {
      const { code } = ELEMENT_TYPES[type];
      return new NativeValue(api, create(api, memory.device, address, byteLength, { dims, code }), tensor);
    } catch (error) {
      tensor.leave();
      throw error;
    }
  }

  release(): void {
    const tensor = this.#tensor;
    if (tensor === undefined) {
      return;
    }
    this.#tensor = undefined;
    this.#api.release('ReleaseValue', this.handle);
    if (tensor instanceof OnnxDeviceTensor) {
      tensor.leave();
    }
  }
}

function create(
  api: NativeApi,
  memoryInfo: Address,
  data: Pointer,
  byteLength: number,
  { dims, code }: { readonly dims: readonly number[]; readonly code: number },
): Address {
  const lengths = BigInt64Array.from(dims, BigInt);
  return api.get(
    'CreateTensorWithDataAsOrtValue',
    memoryInfo,
    data,
    byteLength,
    lengths,
    lengths.length,
    code,
  );
}

function checkedElementType(tensor: Tensor, place: string): ElementType {
  const element = ELEMENT_TYPES[tensor.type];
  const shape = `${tensor.type} [${tensor.dims.join(', ')}]`;
  if (!element.holds(tensor.data)) {
    throw new EngineError(
      'invalid-argument',
      `${place}: ${shape} cannot lie in a ${tensor.data.constructor.name}`,
    );
  }
  if (!tensor.dims.every((dim) => Number.isSafeInteger(dim) && dim >= 0)) {
    throw new EngineError(
      'invalid-argument',
      `${place}: ${shape} has a size that is not a whole number of at least 0`,
    );
  }
  const count = tensor.dims.reduce((product, dim) => product * dim, 1);
  if (count !== tensor.data.length) {
    throw new EngineError(
      'invalid-argument',
      `${place}: ${shape} needs ${count} elements, its data has ${tensor.data.length}`,
    );
  }
  return element;
}
