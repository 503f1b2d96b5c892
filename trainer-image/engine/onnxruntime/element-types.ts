/**
 * The element types the engine carries: ONNX's code of each, its size, and the typed array that holds it. A table; used
 * where tensors become native values and where models say what they take.
 */
import type { TensorData, TensorType } from '../engine.ts';

export interface ElementType {
  /** ONNXTensorElementDataType. */
  readonly code: number;
  readonly bytes: number;
  readonly holds: (data: TensorData) => boolean;
}

export const ELEMENT_TYPES: Readonly<Record<TensorType, ElementType>> = {
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

/** Bytes of one element. */
export function elementBytes(type: TensorType): number {
  return ELEMENT_TYPES[type].bytes;
}

const TENSOR_TYPES = ['float32', 'uint8', 'int32', 'int64', 'bool', 'float16'] as const;
