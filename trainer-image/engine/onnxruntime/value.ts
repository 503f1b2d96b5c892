/**
 * A tensor as ONNX Runtime sees it: an OrtValue over a typed array's own memory, no copy. In: a `Tensor` of the
 * contract. Out: a native handle that bindings tie to a name. The value holds its array for as long as native code may
 * read or write it, and is released by the binding that made it.
 */
import { EngineError } from '../engine-error.ts';
import type { Tensor, TensorData, TensorType } from '../engine.ts';
import type { NativeApi } from './api.ts';
import type { Address } from './native-functions.ts';

interface ElementType {
  /** ONNXTensorElementDataType. */
  readonly code: number;
  readonly bytes: number;
  readonly holds: (data: TensorData) => boolean;
}

const ELEMENT_TYPES: Readonly<Record<TensorType, ElementType>> = {
  float32: { code: 1, bytes: 4, holds: (data) => data instanceof Float32Array },
  uint8: { code: 2, bytes: 1, holds: (data) => data instanceof Uint8Array },
  int32: { code: 6, bytes: 4, holds: (data) => data instanceof Int32Array },
  int64: { code: 7, bytes: 8, holds: (data) => data instanceof BigInt64Array },
  bool: { code: 9, bytes: 1, holds: (data) => data instanceof Uint8Array },
  float16: { code: 10, bytes: 2, holds: (data) => data instanceof Uint16Array },
};

/** The contract's name of an ONNX element type, or undefined for one the engine does not carry. */
export function tensorTypeOf(code: number): TensorType | undefined {
  return TENSOR_TYPES.find((type) => ELEMENT_TYPES[type].code === code);
}

const TENSOR_TYPES = ['float32', 'uint8', 'int32', 'int64', 'bool', 'float16'] as const;

export class NativeValue {
  readonly handle: Address;
  readonly #api: NativeApi;
  /** Keeps the memory behind `handle`. */
  #tensor: Tensor | undefined;

  private constructor(api: NativeApi, handle: Address, tensor: Tensor) {
    this.#api = api;
    this.handle = handle;
    this.#tensor = tensor;
  }

  /**
   * @param memoryInfo - says that the memory is the host's.
   * @param place - names the tensor in messages, e.g. `input "clip"`.
   * @throws EngineError `invalid-argument` when dims, type and data contradict each other.
   */
  static over(api: NativeApi, memoryInfo: Address, tensor: Tensor, place: string): NativeValue {
    const { code, bytes } = checkedElementType(tensor, place);
    const dims = BigInt64Array.from(tensor.dims, BigInt);
    const handle = api.get(
      'CreateTensorWithDataAsOrtValue',
      memoryInfo,
      tensor.data,
      tensor.data.length * bytes,
      dims,
      dims.length,
      code,
    );
    return new NativeValue(api, handle, tensor);
  }

  get tensor(): Tensor {
    if (this.#tensor === undefined) {
      throw new EngineError('disposed', 'this tensor was released');
    }
    return this.#tensor;
  }

  release(): void {
    if (this.#tensor !== undefined) {
      this.#tensor = undefined;
      this.#api.release('ReleaseValue', this.handle);
    }
  }
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
      `${place}: ${shape} has a size that is no whole number from 0 up`,
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
