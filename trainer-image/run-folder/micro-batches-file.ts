/**
 * micro-batches.json: the steps that did not fit into memory and the micro-batches they were then run in, with the circumstances
 * under which these were found. The trainer writes it at every reduction and reads it when a run goes on, so that a restart need
 * not run out of memory again to find the same.
 */
import { dirname, join } from 'node:path';
import { hasFields, isRecord, parsedJson, valueAt } from '../../multigrid/json/fields.ts';
import { readIfThere } from '../../storage/missing-file.ts';
import type { MicroBatchRecord } from './events.ts';

/** What decides whether a step fits: what was found under other circumstances says nothing. */
export interface MicroBatchCircumstances {
  readonly cores: number;
  /** `cpu` or `cuda`. */
  readonly device: string;
  /** Most memory for activations, bytes; null: the device's own limit. */
  readonly activationBytes: number | null;
  readonly microBatch: number;
  readonly recompute: string;
  readonly precision: string;
}

export interface MicroBatchesRecord {
  readonly circumstances: MicroBatchCircumstances;
  readonly steps: readonly MicroBatchRecord[];
}

/** What was called so before. */
const OLD_FILE = 'cuts.json';
const OLD_LIST = 'cuts';

/**
 * What a run has found; null when nothing was reduced, or when the file is not whole or of another version: it is then found
 * anew.
 *
 * @throws the file system's error when it is there and cannot be read.
 */
export async function readMicroBatches(path: string): Promise<MicroBatchesRecord | null> {
  const text = (await readIfThere(path)) ?? (await readIfThere(join(dirname(path), OLD_FILE)));
  const value = parsedJson(text ?? '');
  const record = isRecord(value) ? { steps: value[OLD_LIST], ...value } : null;
  return isMicroBatchesRecord(record) ? record : null;
}

function isMicroBatchesRecord(value: unknown): value is MicroBatchesRecord {
  const [circumstances, steps] = [valueAt(value, 'circumstances'), valueAt(value, 'steps')];
  const limit = valueAt(circumstances, 'activationBytes');
  return (
    hasCounts(circumstances, ['cores', 'microBatch']) &&
    hasFields(circumstances, 'string', ['device', 'recompute', 'precision']) &&
    (limit === null || Number.isFinite(limit)) &&
    Array.isArray(steps) &&
    steps.every(
      (step) =>
        hasCounts(step, ['clips', 'groups', 'frames', 'cropSize', 'clipsPerRun', 'lanes']) &&
        hasFields(step, 'boolean', ['recomputes']),
    )
  );
}

function hasCounts(value: unknown, names: readonly string[]): boolean {
  return names.every((name) => Number.isInteger(valueAt(value, name)));
}
