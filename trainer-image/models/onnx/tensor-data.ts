/**
 * The numbers of one stored tensor. In: a `TensorProto` and the bytes of external files. Out: name, dims, type and data,
 * with every length checked against the dims before anything is allocated. Floating-point numbers are read where they lie:
 * the data of a large tensor is its bytes, not a copy.
 */
import { elementCount } from '../../graph/value.ts';
import { TensorProto_DataLocation } from 'onnx-buf';
import type { TensorProto } from 'onnx-buf';
import { OnnxFileError } from './errors.ts';
import type { StoredNumbers } from './known-tensor.ts';
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
  /** @param raw begins where numbers of so many bytes may. */
  readonly numbersIn: (raw: Uint8Array) => StoredNumbers;
}

/** By ONNX's code of the element type. */
const FORMS: ReadonlyMap<number, ElementForm> = new Map([
  [1, floating('float32', Float32Array)],
  [2, { name: 'uint8', type: 'int', bytes: 1, numbersIn: (raw) => Float64Array.from(raw) }],
  [3, whole('int8', 1, (view, at) => view.getInt8(at))],
  [6, whole('int32', 4, (view, at) => view.getInt32(at, true))],
  [7, whole('int64', 8, (view, at) => Number(view.getBigInt64(at, true)))],
  [9, { name: 'bool', type: 'bool', bytes: 1, numbersIn: (raw) => Float64Array.from(raw, Math.sign) }],
  [10, floating('float16', Float16Array)],
  [11, floating('float64', Float64Array)],
]);

function floating(
  name: string,
  Numbers: {
    readonly BYTES_PER_ELEMENT: number;
    new (buffer: ArrayBufferLike, offset: number, length: number): StoredNumbers;
  },
): ElementForm {
  const { BYTES_PER_ELEMENT: bytes } = Numbers;
  return {
    ...{ name, type: 'float', bytes },
    numbersIn: ({ buffer, byteOffset, length }) => new Numbers(buffer, byteOffset, length / bytes),
  };
}

function whole(name: string, bytes: number, read: (view: DataView, at: number) => number): ElementForm {
  return {
    ...{ name, type: 'int', bytes },
    numbersIn: ({ buffer, byteOffset, length }) => {
      const view = new DataView(buffer, byteOffset, length);
      return Float64Array.from({ length: length / bytes }, (_, index) => read(view, index * bytes));
    },
  };
}

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
  return form.numbersIn(raw.byteOffset % form.bytes === 0 ? raw : new Uint8Array(raw));
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
    return new Float16Array(Uint16Array.from(list, Number).buffer);
  }
  return form.name === 'float32' ? Float32Array.from(list, Number) : Float64Array.from(list, Number);
}
