/**
 * pretrained.json: which weights a run started from and what became of each tensor. The trainer writes it when training
 * begins, before the first step; the report shows it.
 */
import { readIfThere } from '../../storage/missing-file.ts';
import { writeWholeFile } from '../../storage/whole-file.ts';

export interface PretrainedRecord {
  /** The file as the trainer found it. */
  readonly path: string;
  readonly sha256: string;
  /** Whose names the file uses, as in `pyslowfast`. */
  readonly names: string;
  /** Tensors of the network with values from the file, and all of them; population statistics count. */
  readonly loaded: number;
  readonly tensors: number;
  /** 2D kernels that were repeated along time. */
  readonly inflated: readonly string[];
  /** Tensors of a classifier that was made anew, and why. */
  readonly newHead: readonly string[];
  readonly newHeadReason: string | null;
  /** Tensors left at their first values: the file has none of the name, or one of another shape. */
  readonly missing: readonly string[];
  readonly misfits: readonly PretrainedMisfit[];
  /** Tensors of the file that nothing was taken from. */
  readonly unused: readonly string[];
}

export interface PretrainedMisfit {
  readonly name: string;
  readonly dims: readonly number[];
  readonly stored: string;
  readonly storedDims: readonly number[];
}

/** A pretrained.json that was not written by this program, or by another version of it. */
export class PretrainedFileError extends Error {
  override readonly name = 'PretrainedFileError';
}

export async function writePretrained(path: string, record: PretrainedRecord): Promise<void> {
  await writeWholeFile(path, `${JSON.stringify(record, null, 2)}\n`);
}

/**
 * The record of a run; null for one that started from random values.
 *
 * @throws PretrainedFileError when the file is no such record; the file system's error when it cannot be read.
 */
export async function readPretrained(path: string): Promise<PretrainedRecord | null> {
  const text = await readIfThere(path);
  if (text === null) {
    return null;
  }
  const value = parse(text, path);
  if (!isRecord(value)) {
    throw new PretrainedFileError(
      `${path} is not a record of this version; remove it to see the rest of the run`,
    );
  }
  return value;
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new PretrainedFileError(`${path} is not JSON; remove it to see the rest of the run`, { cause });
  }
}

const TEXTS = ['path', 'sha256', 'names'] as const;
const COUNTS = ['loaded', 'tensors'] as const;
const LISTS = ['inflated', 'newHead', 'missing', 'unused'] as const;

function isRecord(value: unknown): value is PretrainedRecord {
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  const fields = new Map<string, unknown>(Object.entries(value));
  const isTextList = (list: unknown): boolean =>
    Array.isArray(list) && list.every((item) => typeof item === 'string');
  return (
    TEXTS.every((name) => typeof fields.get(name) === 'string') &&
    COUNTS.every((name) => typeof fields.get(name) === 'number') &&
    LISTS.every((name) => isTextList(fields.get(name))) &&
    (fields.get('newHeadReason') === null || typeof fields.get('newHeadReason') === 'string') &&
    isListOfMisfits(fields.get('misfits'))
  );
}

function isListOfMisfits(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every(
      (item: unknown) =>
        typeof item === 'object' &&
        item !== null &&
        ['name', 'dims', 'stored', 'storedDims'].every((field) => Object.hasOwn(item, field)),
    )
  );
}
