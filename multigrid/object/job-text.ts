/**
 * A job as text and back: YAML a person can read and edit, `kubectl apply` can take. In comes a file's text, out comes a
 * typed job, or an error that says what is missing. The spec's own rules are api/validate.ts's business; here only the
 * places that the two sides of the run rely on are looked at.
 */
import { parseDocument, stringify } from 'yaml';
import { isRecord, isText, valueAt } from '../json/fields.ts';
import { API_VERSION, KIND } from '../contract/names.ts';
import type { StoredJob } from './job-object.ts';
import { JobFileError } from './object-errors.ts';

/**
 * @param path named in errors
 * @throws JobFileError when the text is no YAML, or no MultigridTrainingJob with sound status.
 */
export function parseJob(text: string, path: string): StoredJob {
  const document = parseDocument(text);
  const [syntaxError] = document.errors;
  if (syntaxError !== undefined) {
    throw new JobFileError(path, `is not valid YAML: ${syntaxError.message}`, { cause: syntaxError });
  }
  return asStoredJob(document.toJS(), path);
}

/**
 * @param value a parsed object
 * @param path named in errors
 * @throws JobFileError when it is no MultigridTrainingJob with sound status.
 */
export function asStoredJob(value: unknown, path: string): StoredJob {
  if (!isStoredJob(value)) {
    throw new JobFileError(path, `is not a sound ${KIND} (${API_VERSION}): ${firstFlaw(value)}`);
  }
  return value;
}

/** The plan and the directive share arrays; aliases for them would be right but unreadable. */
export function formatJob(job: StoredJob): string {
  return stringify(job, { aliasDuplicateObjects: false, lineWidth: 0 });
}

/** One place of the object and what has to be there. Optional places may be absent. */
interface Place {
  readonly path: readonly string[];
  readonly isOptional: boolean;
  readonly what: string;
  readonly isSound: (value: unknown) => boolean;
}

const place = (
  path: string,
  what: string,
  isSound: (value: unknown) => boolean,
  isOptional = true,
): Place => ({
  path: path.split('.'),
  what,
  isSound,
  isOptional,
});

const PLACES: readonly Place[] = [
  place('apiVersion', API_VERSION, (value) => value === API_VERSION, false),
  place('kind', KIND, (value) => value === KIND, false),
  place('metadata.name', 'a name', (value) => typeof value === 'string' && value !== '', false),
  place('metadata.generation', 'a whole number', Number.isInteger),
  place('metadata.resourceVersion', 'text', isText),
  place('spec', 'an object', isRecord, false),
  place('status', 'an object', isRecord),
  place('status.conditions', 'a list of conditions', isListWith('type', 'string')),
  place('status.plan', 'an object', isRecord),
  place('status.plan.hash', 'text', isText),
  place('status.plan.phases', 'a list of phases', isListWith('frames', 'number')),
  place('status.planSummary.hash', 'text', isText),
  place('status.directive.generation', 'a whole number', Number.isInteger),
  place('status.directive.phase', 'a whole number', Number.isInteger),
  place('status.progress.state', 'text', isText),
  place('status.progress.generation', 'a whole number', Number.isInteger),
  place('status.progress.phase', 'a whole number', Number.isInteger),
];

/** Whether a value is a job in all places that the two sides of a run rely on. */
export function isStoredJob(value: unknown): value is StoredJob {
  return firstFlaw(value) === null;
}

function firstFlaw(value: unknown): string | null {
  for (const { path, what, isSound, isOptional } of PLACES) {
    const found = valueAt(value, ...path);
    const isMissing = found === undefined;
    if (isMissing ? !isOptional : !isSound(found)) {
      return `${path.join('.')} must be ${what}`;
    }
  }
  return null;
}

function isListWith(key: string, type: 'string' | 'number'): (value: unknown) => boolean {
  return (value) =>
    Array.isArray(value) && value.every((item) => isRecord(item) && typeof item[key] === type);
}
