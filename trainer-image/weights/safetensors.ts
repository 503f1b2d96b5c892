/**
 * Tensors in a file, in the safetensors layout (8-byte little-endian header length, JSON header, raw little-endian
 * values), which Python's `safetensors` and every model hub read. Pure: bytes in, bytes out. Checkpoints and exported
 * weights are written here; `safetensors-source.ts` reads large files from the disk without loading them whole.
 */
import { toFloat32 } from './element-types.ts';
import { headerLength, LENGTH_BYTES, parseTensorHeader } from './tensor-header.ts';

export interface NamedArray {
  readonly name: string;
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

export interface TensorFile {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, NamedArray>;
}

/** Encodes float32 tensors; offsets follow the order given. */
export function encodeTensorFile(
  tensors: readonly NamedArray[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const entries: [string, unknown][] = [['__metadata__', metadata]];
  let offset = 0;
  for (const tensor of tensors) {
    const end = offset + tensor.data.byteLength;
    entries.push([tensor.name, { dtype: 'F32', shape: tensor.dims, data_offsets: [offset, end] }]);
    offset = end;
  }
  const header = padded(new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries))));
  const file = new Uint8Array(LENGTH_BYTES + header.length + offset);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(header, LENGTH_BYTES);
  let position = LENGTH_BYTES + header.length;
  for (const { data } of tensors) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position);
    position += data.byteLength;
  }
  return file;
}

/** With spaces at its end, so that the values start at a multiple of 8 and readers may map them in place. */
function padded(json: Uint8Array): Uint8Array {
  const header = new Uint8Array(Math.ceil(json.length / 8) * 8).fill(' '.charCodeAt(0));
  header.set(json);
  return header;
}

/**
 * Decodes what {@link encodeTensorFile} wrote, or any safetensors file that holds F32, F16, BF16 and F64 only.
 *
 * @throws WeightsFileError when the bytes are cut off or contradict their header.
 */
export function decodeTensorFile(file: Uint8Array): TensorFile {
  const end = LENGTH_BYTES + headerLength(file.subarray(0, LENGTH_BYTES), file.length);
  const header = parseTensorHeader(file.subarray(LENGTH_BYTES, end), file.length - end);
  const values = file.subarray(end);
  const tensors = [...header.tensors].map(([name, entry]): [string, NamedArray] => {
    const data = toFloat32(entry.type, values.subarray(entry.begin, entry.end));
    return [name, { name, dims: entry.dims, data }];
  });
  return { metadata: header.metadata, tensors: new Map(tensors) };
}
