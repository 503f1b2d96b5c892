/**
 * The numbers of one stored tensor. In: a `TensorProto` and the bytes of external files. Out: name, dims, type and data,
 * with every length checked against the dims before anything is allocated.
 */
import { elementCount } from '../../graph/value.ts';
import { Buffer } from 'node:buffer';
import { TensorProto_DataLocation } from 'onnx-buf';
import type { TensorProto } from 'onnx-buf';
import { OnnxFileError } from './errors.ts';
import type { Initializer } from './model.ts';

/** Bytes of a part of an external file; throws when it lies outside the file. */
export type ReadExternal = (location: string, offset: number, length: number) => Uint8Array;

/** Elements a stored tensor may have: 8 GiB of float32. */
const MAX_ELEMENTS = 2 ** 31;
const MAX_RANK = 16;

interface ElementForm {
  readonly name: string;
  readonly type: Initializer['type'];
  readonly bytes: number;
  readonly read: (view: DataView, offset: number) => number;
}

/** By ONNX's code of the element type. */
const FORMS: ReadonlyMap<number, ElementForm> = new Map([
  [1, { name: 'float32', type: 'float', bytes: 4, read: (view, at) => view.getFloat32(at, true) }],
  [2, { name: 'uint8', type: 'int', bytes: 1, read: (view, at) => view.getUint8(at) }],
  [3, { name: 'int8', type: 'int', bytes: 1, read: (view, at) => view.getInt8(at) }],
  [6, { name: 'int32', type: 'int', bytes: 4, read: (view, at) => view.getInt32(at, true) }],
  [7, { name: 'int64', type: 'int', bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) }],
  [9, { name: 'bool', type: 'bool', bytes: 1, read: (view, at) => (view.getUint8(at) === 0 ? 0 : 1) }],
  [10, { name: 'float16', type: 'float', bytes: 2, read: (view, at) => view.getFloat16(at, true) }],
  [11, { name: 'float64', type: 'float', bytes: 8, read: (view, at) => view.getFloat64(at, true) }],
]);

/**
 * @param where Part of the file, for messages.
 * @throws OnnxFileError when lengths do not match, numbers are absurd, or the element type is not one of those above.
 */
export function readTensor(tensor: TensorProto, where: string, readExternal: ReadExternal): Initializer {
  const form = FORMS.get(tensor.dataType);
  if (form === undefined) {
    const known = [...FORMS.values()].map(({ name }) => name).join(', ');
    throw new OnnxFileError(
      `${where} has element type ${tensor.dataType}, which cannot be read; can be: ${known}. Export the network in float32`,
    );
  }
  const dims = readDims(tensor.dims, where);
  const count = elementCount(dims);
  if (count > MAX_ELEMENTS) {
    throw new OnnxFileError(`${where} claims dims [${dims.join(', ')}], more than ${MAX_ELEMENTS} elements`);
  }
  const base = { name: tensor.name, dims, type: form.type };
  const raw = rawBytes(tensor, form.bytes * count, where, readExternal);
  if (raw !== null) {
    return { ...base, data: decode(raw, form, { count, where }) };
  }
  return { ...base, data: listedNumbers(tensor, form, { count, where }) };
}

/** @throws OnnxFileError when an axis has no sensible length. */
export function readDims(dims: readonly bigint[], where: string): readonly number[] {
  if (dims.length > MAX_RANK) {
    throw new OnnxFileError(`${where} has ${dims.length} axes; at most ${MAX_RANK} make sense`);
  }
  return dims.map((length) => {
    if (length < 0n || length > BigInt(MAX_ELEMENTS)) {
      throw new OnnxFileError(`${where} has an axis of length ${length}`);
    }
    return Number(length);
  });
}

function rawBytes(
  tensor: TensorProto,
  length: number,
  where: string,
  readExternal: ReadExternal,
): Uint8Array | null {
  if (tensor.dataLocation !== TensorProto_DataLocation.EXTERNAL) {
    return tensor.rawData.length > 0 ? tensor.rawData : null;
  }
  const entries = new Map(tensor.externalData.map(({ key, value }) => [key, value]));
  const location = entries.get('location') ?? '';
  const offset = Number(entries.get('offset') ?? 0);
  const stored = Number(entries.get('length') ?? length);
  if (!Number.isSafeInteger(offset) || offset < 0 || stored !== length) {
    throw new OnnxFileError(
      `${where} points to ${entries.get('length') ?? length} bytes at ${entries.get('offset') ?? 0} of ` +
        `${JSON.stringify(location)}; its dims need ${length} bytes at a whole number of bytes`,
    );
  }
  return readExternal(location, offset, length);
}

interface Expected {
  readonly count: number;
  readonly where: string;
}

function decode(raw: Uint8Array, form: ElementForm, { count, where }: Expected): Initializer['data'] {
  if (raw.length !== count * form.bytes) {
    throw new OnnxFileError(
      `${where} holds ${raw.length} bytes, but its dims need ${count * form.bytes} (${count} ${form.name})`,
    );
  }
  if (form.name === 'float32') {
    const data = new Float32Array(count);
    Buffer.from(raw.buffer, raw.byteOffset, raw.length).copy(Buffer.from(data.buffer));
    return data;
  }
  const view = new DataView(raw.buffer, raw.byteOffset, raw.length);
  return Float64Array.from({ length: count }, (_, index) => form.read(view, index * form.bytes));
}

/** Numbers stored one by one; none at all means that the graph was stored without its weights. */
function listedNumbers(
  tensor: TensorProto,
  form: ElementForm,
  { count, where }: Expected,
): Initializer['data'] {
  const lists: Readonly<Record<string, readonly (number | bigint)[]>> = {
    float32: tensor.floatData,
    float64: tensor.doubleData,
    int64: tensor.int64Data,
  };
  const list = lists[form.name] ?? tensor.int32Data;
  if (list.length === 0) {
    return count === 0 ? new Float64Array(0) : null;
  }
  if (list.length !== count) {
    throw new OnnxFileError(`${where} lists ${list.length} numbers, but its dims need ${count}`);
  }
  if (form.name === 'float16') {
    const bits = new DataView(new ArrayBuffer(2));
    return Float64Array.from(list, (entry) => {
      bits.setUint16(0, Number(entry), true);
      return bits.getFloat16(0, true);
    });
  }
  return form.name === 'float32' ? Float32Array.from(list, Number) : Float64Array.from(list, Number);
}
