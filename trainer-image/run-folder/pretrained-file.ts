/**
 * pretrained.json: which weights a run started from and what became of each tensor. The trainer writes it when training
 * begins, before the first step; the report shows it.
 */
import type { MisfitTensor, WeightsReport } from '../../multigrid/contract/weights-report.ts';
import { hasFields, isListOf, isRecord, isText, valueAt } from '../../multigrid/json/fields.ts';
import { readRecord } from './record-file.ts';

export interface PretrainedRecord extends WeightsReport {
  /** The file as the trainer found it. */
  readonly path: string;
  readonly sha256: string;
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

function isMisfit(value: unknown): value is MisfitTensor {
  return (
    isRecord(value) && ['name', 'dims', 'stored', 'storedDims'].every((field) => Object.hasOwn(value, field))
  );
}
