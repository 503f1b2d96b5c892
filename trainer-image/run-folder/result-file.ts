/**
 * result.json: what a finished run came to, for programs. The trainer writes it once, after the final test; the report
 * and `multigrid compare` read it. A run without it is not finished.
 */
import { hasFields, isListOf, isNumber, isRecord, isText } from '../../multigrid/json/fields.ts';
import type { PhaseResult, RunResult } from './events.ts';
import { readRecord } from './record-file.ts';

/** A result.json that was not written by this program, or by another version of it. */
export class ResultFileError extends Error {
  override readonly name = 'ResultFileError';
}

/**
 * The result of a run, or null when there is none yet.
 *
 * @throws ResultFileError when the file is not a result; the file system's error when it cannot be read.
 */
export function readResult(path: string): Promise<RunResult | null> {
  const whatToDo = 'run the job again with --resume';
  return readRecord(path, { isRecord: isRunResult, Refusal: ResultFileError, whatToDo });
}

const NUMBERS: readonly (keyof RunResult)[] = [
  'top1',
  'top5',
  'centreTop1',
  'seconds',
  'stepSeconds',
  'clips',
  'clipsPerSecond',
  'dataWaitRatio',
  'iterations',
  'badClips',
  'seed',
];
const OPTIONAL_NUMBERS: readonly (keyof RunResult)[] = ['mAP', 'centreMAP'];
const TEXTS: readonly (keyof RunResult)[] = ['name', 'model', 'planHash'];
const PHASE_NUMBERS: readonly (keyof PhaseResult)[] = [
  'index',
  'frames',
  'cropSize',
  'globalBatch',
  'startEpoch',
  'endEpoch',
  'learningRate',
  'seconds',
  'clipsPerSecond',
  'dataWaitRatio',
];

function isRunResult(value: unknown): value is RunResult {
  return (
    isRecord(value) &&
    hasFields(value, 'number', NUMBERS) &&
    OPTIONAL_NUMBERS.every((field) => value[field] === undefined || isNumber(value[field])) &&
    hasFields(value, 'string', TEXTS) &&
    isListOf(value['phases'], isPhaseResult) &&
    isListOf(value['confusion'], (row) => isListOf(row, isNumber)) &&
    (value['classNames'] === undefined || isListOf(value['classNames'], isText))
  );
}

function isPhaseResult(value: unknown): value is PhaseResult {
  return (
    isRecord(value) &&
    hasFields(value, 'number', PHASE_NUMBERS) &&
    (value['top1'] === null || isNumber(value['top1'])) &&
    (value['mAP'] === undefined || isNumber(value['mAP']))
  );
}
