/**
 * pretrained.json: which weights a run started from and what became of each tensor. The trainer writes it when training
 * begins, before the first step; the report shows it.
 */
import { hasFields, isListOf, isRecord, isText, valueAt } from '../../multigrid/json/fields.ts';
import { readRecord } from './record-file.ts';

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

/**
 * The record of a run; null for one that started from random values.
 *
 * @throws PretrainedFileError when the file is no such record; the file system's error when it cannot be read.
 */
export function readPretrained(path: string): Promise<PretrainedRecord | null> {
  const whatToDo = 'remove it to see the rest of the run';
  return readRecord(path, { isRecord: isPretrainedRecord, Refusal: PretrainedFileError, whatToDo });
}

function isPretrainedRecord(value: unknown): value is PretrainedRecord {
  const reason = valueAt(value, 'newHeadReason');
  return (
    hasFields(value, 'string', ['path', 'sha256', 'names']) &&
    hasFields(value, 'number', ['loaded', 'tensors']) &&
    ['inflated', 'newHead', 'missing', 'unused'].every((name) => isListOf(valueAt(value, name), isText)) &&
    (reason === null || isText(reason)) &&
    isListOf(valueAt(value, 'misfits'), isMisfit)
  );
}

function isMisfit(value: unknown): value is PretrainedMisfit {
  return (
    isRecord(value) && ['name', 'dims', 'stored', 'storedDims'].every((field) => Object.hasOwn(value, field))
  );
}
