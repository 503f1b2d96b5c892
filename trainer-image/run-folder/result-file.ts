/**
 * result.json: what a finished run came to, for programs. The trainer writes it once, after the final test; the report
 * and `multigrid compare` read it. A run without it is not finished.
 */
import { isRecord } from '../../multigrid/json/fields.ts';
import type { PhaseResult, RunResult } from './events.ts';
import { readIfThere } from '../../storage/missing-file.ts';
import { writeWholeFile } from '../../storage/whole-file.ts';

/** A result.json that was not written by this program, or by another version of it. */
export class ResultFileError extends Error {
  override readonly name = 'ResultFileError';
}

/** Writes result.json in one rename. */
export async function writeResult(path: string, result: RunResult): Promise<void> {
  await writeWholeFile(path, `${JSON.stringify(result, null, 2)}\n`);
}

/**
 * The result of a run, or null when there is none yet.
 *
 * @throws ResultFileError when the file is not a result; the file system's error when it cannot be read.
 */
export async function readResult(path: string): Promise<RunResult | null> {
  const text = await readIfThere(path);
  return text === null ? null : parseResult(text, path);
}

function parseResult(text: string, path: string): RunResult {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ResultFileError(`${path} is not JSON. Run the job again with --resume.`, { cause: error });
  }
  if (!isRunResult(value)) {
    throw new ResultFileError(
      `${path} is not the result of a run of this version. Run the job again with --resume.`,
    );
  }
  return value;
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
    NUMBERS.every((field) => typeof value[field] === 'number') &&
    OPTIONAL_NUMBERS.every((field) => value[field] === undefined || typeof value[field] === 'number') &&
    TEXTS.every((field) => typeof value[field] === 'string') &&
    isListOf(value['phases'], isPhaseResult) &&
    isListOf(value['confusion'], (row) => isListOf(row, (count) => typeof count === 'number')) &&
    (value['classNames'] === undefined || isListOf(value['classNames'], (name) => typeof name === 'string'))
  );
}

function isPhaseResult(value: unknown): boolean {
  return (
    isRecord(value) &&
    PHASE_NUMBERS.every((field) => typeof value[field] === 'number') &&
    (value['top1'] === null || typeof value['top1'] === 'number') &&
    (value['mAP'] === undefined || typeof value['mAP'] === 'number')
  );
}

function isListOf(value: unknown, holds: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(holds);
}
