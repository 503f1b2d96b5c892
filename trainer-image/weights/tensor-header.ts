/**
 * The JSON header of a safetensors file, which may come from anybody. In: its bytes and how many bytes of values follow.
 * Out: one entry per tensor whose place, shape and type fit together; values are not touched. Entries fill the values
 * without a gap and without sharing a byte, as the format demands: so a name given twice (of which JSON keeps one) and a
 * cut-off file show too.
 */
import { isRecord } from '../../multigrid/json/fields.ts';
import { elementBytes } from './element-types.ts';
import { WeightsFileError } from './weights-error.ts';

export interface TensorEntry {
  readonly name: string;
  /** As in the file: `F32`, `BF16`, `I64`... */
  readonly type: string;
  readonly dims: readonly number[];
  /** Place among the values, bytes. */
  readonly begin: number;
  readonly end: number;
}

export interface TensorHeader {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
}

/** The header's length stands in front of it, as a little-endian integer of this many bytes. */
export const LENGTH_BYTES = 8;
/** A network of a thousand tensors needs 0.1 MiB. */
const MAX_HEADER_BYTES = 16 * 1024 * 1024;
const MAX_TENSORS = 100_000;
const MAX_AXES = 8;

/**
 * The length of the header, from the first bytes of a file.
 *
 * @throws WeightsFileError when the file is too short for the header it announces, or the header is absurdly long.
 */
export function headerLength(start: Uint8Array, fileBytes: number): number {
  if (start.length < LENGTH_BYTES) {
    throw new WeightsFileError(`the file has ${fileBytes} bytes, too few for a header: it was cut off`);
  }
  const length = new DataView(start.buffer, start.byteOffset, start.byteLength).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES || LENGTH_BYTES + Number(length) > fileBytes) {
    throw new WeightsFileError(
      `the header claims ${length} bytes of a ${fileBytes}-byte file: this is not a safetensors file, or it was cut off`,
    );
  }
  return Number(length);
}

/** @throws WeightsFileError naming the tensor that contradicts the file. */
export function parseTensorHeader(json: Uint8Array, valueBytes: number): TensorHeader {
  const tensors = new Map<string, TensorEntry>();
  let metadata: Readonly<Record<string, string>> = {};
  for (const [name, entry] of Object.entries(parse(json))) {
    if (name === '__metadata__') {
      metadata = stringRecord(entry);
    } else {
      tensors.set(name, readEntry(name, entry));
    }
  }
  if (tensors.size > MAX_TENSORS) {
    throw new WeightsFileError(`the header lists ${tensors.size} tensors; ${MAX_TENSORS} are the most`);
  }
  requireExactFill([...tensors.values()], valueBytes);
  return { metadata, tensors };
}

function parse(json: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch (cause) {
    throw new WeightsFileError('the header is not JSON: this is not a safetensors file, or it is damaged', {
      cause,
    });
  }
  if (!isRecord(value)) {
    throw new WeightsFileError('the header is no JSON object');
  }
  return value;
}

function readEntry(name: string, entry: unknown): TensorEntry {
  if (!isRecord(entry) || typeof entry['dtype'] !== 'string') {
    throw new WeightsFileError(`tensor ${name} has no dtype`);
  }
  const type = entry['dtype'];
  const bytes = elementBytes(type);
  if (bytes === undefined) {
    throw new WeightsFileError(`tensor ${name} has the unknown dtype ${type}`);
  }
  const dims = wholeNumbers(name, entry['shape']);
  const [begin, end, ...more] = wholeNumbers(name, entry['data_offsets']);
  if (begin === undefined || end === undefined || more.length > 0 || dims.length > MAX_AXES) {
    throw new WeightsFileError(`tensor ${name} needs two data_offsets and at most ${MAX_AXES} axes`);
  }
  // Beyond 2^53 the product is inexact, and far larger than any file.
  if (end - begin !== dims.reduce((product, dim) => product * dim, bytes)) {
    throw new WeightsFileError(
      `tensor ${name} of shape [${dims.join(', ')}] and type ${type} does not fit its ${end - begin} bytes`,
    );
  }
  return { name, type, dims, begin, end };
}

function requireExactFill(entries: readonly TensorEntry[], valueBytes: number): void {
  let filled = 0;
  for (const { name, begin, end } of entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== filled) {
      const fault = begin < filled ? 'shares bytes with another tensor' : 'leaves a gap before it';
      throw new WeightsFileError(`tensor ${name} ${fault}: the file is damaged, or gives a name twice`);
    }
    filled = end;
  }
  if (filled !== valueBytes) {
    throw new WeightsFileError(
      `the tensors take ${filled} bytes, the file has ${valueBytes} after its header: it was cut off, or is damaged`,
    );
  }
}

function wholeNumbers(name: string, value: unknown): readonly number[] {
  if (!Array.isArray(value)) {
    throw new WeightsFileError(`tensor ${name}: its shape or its data_offsets is not a list`);
  }
  return value.map((item: unknown) => {
    if (typeof item !== 'number' || !Number.isSafeInteger(item) || item < 0) {
      throw new WeightsFileError(
        `tensor ${name}: its shape or its data_offsets holds ${JSON.stringify(item)}, which is not a whole number`,
      );
    }
    return item;
  });
}

function stringRecord(value: unknown): Readonly<Record<string, string>> {
  if (!isRecord(value)) {
    throw new WeightsFileError('the metadata is no JSON object');
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]): [string, string] => {
      if (typeof item !== 'string') {
        throw new WeightsFileError(`the metadata entry ${key} is not a string`);
      }
      return [key, item];
    }),
  );
}
