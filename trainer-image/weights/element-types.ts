/**
 * Element types of stored tensors. In: a type's name in the safetensors layout and raw little-endian bytes. Out: float32
 * values. Readers of files call it tensor by tensor, so that a file is never in memory twice.
 */
import { WeightsFileError } from './weights-error.ts';

/** Bytes of one element. Types that are no numbers we compute with may stand in a file; reading them is refused. */
const BYTES: ReadonlyMap<string, number> = new Map([
  ['F64', 8],
  ['F32', 4],
  ['F16', 2],
  ['BF16', 2],
  ['I64', 8],
  ['U64', 8],
  ['I32', 4],
  ['U32', 4],
  ['I16', 2],
  ['U16', 2],
  ['I8', 1],
  ['U8', 1],
  ['BOOL', 1],
  ['F8_E4M3', 1],
  ['F8_E5M2', 1],
]);

/** Bytes of one element; undefined for a type that nobody knows. */
export function elementBytes(type: string): number | undefined {
  return BYTES.get(type);
}

/**
 * Values as float32. F64 is rounded, F16 and BF16 are exact.
 *
 * @param bytes - whole elements, at any alignment
 * @throws WeightsFileError for types other than F64, F32, F16 and BF16.
 */
export function toFloat32(type: string, bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (type) {
    case 'F32': {
      // A copy of its own: `slice` on a Node Buffer would share the pool's memory, at any alignment.
      const copy = new Uint8Array(bytes.length);
      copy.set(bytes);
      return new Float32Array(copy.buffer);
    }
    case 'F64':
      return read(bytes.length / 8, (index) => view.getFloat64(index * 8, true));
    case 'F16':
      return read(bytes.length / 2, (index) => view.getFloat16(index * 2, true));
    case 'BF16':
      return upperHalves(view);
    default:
      throw new WeightsFileError(
        `elements of type ${type} are no weights; F32, F16, BF16 and F64 are read: convert the tensor to float32`,
      );
  }
}

function read(count: number, at: (index: number) => number): Float32Array {
  const values = new Float32Array(count);
  for (let index = 0; index < count; index += 1) {
    values[index] = at(index);
  }
  return values;
}

/** bfloat16 is the upper half of a float32. */
function upperHalves(view: DataView): Float32Array {
  const count = view.byteLength / 2;
  const bits = new Uint32Array(count);
  for (let index = 0; index < count; index += 1) {
    bits[index] = view.getUint16(index * 2, true) << 16;
  }
  return new Float32Array(bits.buffer);
}
