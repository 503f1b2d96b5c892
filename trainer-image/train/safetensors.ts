/**
 * Tensors in a file, in the safetensors layout (8-byte little-endian header length, JSON header, raw little-endian
 * values), which Python's `safetensors` and every model hub read. Pure: bytes in, bytes out. `checkpoint.ts` writes the
 * bytes to disk. Only float32 is needed: parameters, momenta and batch-norm statistics.
 */

export interface NamedArray {
  readonly name: string;
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

export interface TensorFile {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, NamedArray>;
}

/** The bytes are no safetensors file: cut off, or not what the header says. */
export class TensorFileError extends Error {
  override readonly name = 'TensorFileError';
}

const HEADER_LENGTH_BYTES = 8;
const MAX_HEADER_BYTES = 64 * 1024 * 1024;

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
  const json = JSON.stringify(Object.fromEntries(entries));
  // The values start at a multiple of 8, so that readers may map them in place.
  const header = new TextEncoder().encode(json.padEnd(Math.ceil(Buffer.byteLength(json) / 8) * 8, ' '));
  const file = new Uint8Array(HEADER_LENGTH_BYTES + header.length + offset);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(header, HEADER_LENGTH_BYTES);
  let position = HEADER_LENGTH_BYTES + header.length;
  for (const { data } of tensors) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position);
    position += data.byteLength;
  }
  return file;
}

/**
 * Decodes what {@link encodeTensorFile} wrote, or any safetensors file that holds float32 only.
 *
 * @throws TensorFileError when the bytes are cut off or contradict their header.
 */
export function decodeTensorFile(file: Uint8Array): TensorFile {
  const header = readHeader(file);
  const values = file.subarray(header.end);
  const tensors = new Map<string, NamedArray>();
  let metadata: Readonly<Record<string, string>> = {};
  for (const [name, entry] of Object.entries(header.json)) {
    if (name === '__metadata__') {
      metadata = stringRecord(entry);
    } else {
      tensors.set(name, readTensor(name, entry, values));
    }
  }
  return { metadata, tensors };
}

function readHeader(file: Uint8Array): { json: Record<string, unknown>; end: number } {
  if (file.length < HEADER_LENGTH_BYTES) {
    throw new TensorFileError(`the file has ${file.length} bytes, too few for a header: it was cut off`);
  }
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const length = Number(view.getBigUint64(0, true));
  const end = HEADER_LENGTH_BYTES + length;
  if (length > MAX_HEADER_BYTES || end > file.length) {
    throw new TensorFileError(`the header claims ${length} bytes of a ${file.length}-byte file`);
  }
  try {
    const json: unknown = JSON.parse(new TextDecoder().decode(file.subarray(HEADER_LENGTH_BYTES, end)));
    if (!isRecord(json)) {
      throw new TensorFileError('the header is no JSON object');
    }
    return { json, end };
  } catch (cause) {
    throw new TensorFileError('the header is no JSON object', { cause });
  }
}

function readTensor(name: string, entry: unknown, values: Uint8Array): NamedArray {
  if (!isRecord(entry) || entry['dtype'] !== 'F32') {
    throw new TensorFileError(`tensor ${name} is not float32`);
  }
  const dims = numbers(entry['shape']);
  const [start, end] = numbers(entry['data_offsets']);
  const count = dims.reduce((product, dim) => product * dim, 1);
  if (start === undefined || end === undefined || end - start !== count * 4 || end > values.length) {
    throw new TensorFileError(
      `tensor ${name} of shape [${dims.join(', ')}] does not fit its place in the file`,
    );
  }
  // A copy of its own: `slice` on a Node Buffer would share the pool's memory, at any alignment.
  const copy = new Uint8Array(end - start);
  copy.set(values.subarray(start, end));
  return { name, dims, data: new Float32Array(copy.buffer) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function numbers(value: unknown): number[] {
  if (!Array.isArray(value)) {
    throw new TensorFileError('a shape or an offset pair is no list of numbers');
  }
  return value.map((item: unknown) => {
    if (typeof item !== 'number' || !Number.isInteger(item) || item < 0) {
      throw new TensorFileError('a shape or an offset pair holds something that is no whole number');
    }
    return item;
  });
}

function stringRecord(value: unknown): Readonly<Record<string, string>> {
  if (!isRecord(value)) {
    throw new TensorFileError('the metadata is no JSON object');
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]): [string, string] => {
      if (typeof item !== 'string') {
        throw new TensorFileError(`the metadata entry ${key} is no string`);
      }
      return [key, item];
    }),
  );
}
