/**
 * The fields of a spec that cannot change once a job has its plan: the API server holds them by a rule of the CRD, on
 * this machine this file does. In come two versions of a spec, out comes the first field that differs, in words.
 */
import { isDeepStrictEqual } from 'node:util';
import { isRecord } from '../json/fields.ts';

/** What the plan and the network come from. */
const TRAINING_PARTS = ['model', 'data', 'recipe', 'multigrid'] as const;

/** A training field was changed under a running job. */
export class TrainingFieldChangedError extends Error {
  override readonly name = 'TrainingFieldChangedError';
  constructor(path: string, change: TrainingFieldChange) {
    super(
      `${path}: ${change.field} was changed from ${change.before} to ${change.after}, and it cannot change once a job has its plan; put it back, or start another job`,
    );
  }
}

export interface TrainingFieldChange {
  /** As in `spec.recipe.batchSize`. */
  readonly field: string;
  readonly before: string;
  readonly after: string;
}

/** The deepest single training field that differs; null when none does. */
export function trainingFieldChange(before: unknown, after: unknown): TrainingFieldChange | null {
  const part = TRAINING_PARTS.find((key) => !isDeepStrictEqual(memberOf(before, key), memberOf(after, key)));
  return part === undefined ? null : deepest(`spec.${part}`, memberOf(before, part), memberOf(after, part));
}

function deepest(field: string, before: unknown, after: unknown): TrainingFieldChange {
  if (isRecord(before) && isRecord(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    const key = keys.find((candidate) => !isDeepStrictEqual(before[candidate], after[candidate]));
    if (key !== undefined) {
      return deepest(`${field}.${key}`, before[key], after[key]);
    }
  }
  return { field, before: inWords(before), after: inWords(after) };
}

function inWords(value: unknown): string {
  return value === undefined ? 'not set' : JSON.stringify(value);
}

function memberOf(value: unknown, key: string): unknown {
  return isRecord(value) ? value[key] : undefined;
}
