/**
 * Tells a RunEvent from anything else: one table of fields per kind, which the compiler holds against events.ts. In
 * comes one line of metrics.jsonl, out comes a typed event or a sentence about what is wrong.
 */
import { isListOf, isNumber, isRecord } from '../../multigrid/json/fields.ts';
import type { RunEvent } from './events.ts';

type Kind = RunEvent['kind'];
type EventOf<K extends Kind> = Extract<RunEvent, { readonly kind: K }>;
type FieldType<T> = undefined extends T
  ? T extends number | undefined
    ? 'optional number'
    : 'optional workers'
  : T extends number
    ? 'number'
    : T extends boolean
      ? 'flag'
      : 'text';
type FieldTable<K extends Kind> = {
  readonly [F in Exclude<keyof EventOf<K>, 'kind'>]-?: FieldType<EventOf<K>[F]>;
};

const POSITION = { seconds: 'number', phase: 'number', epoch: 'number', iteration: 'number' } as const;

const FIELDS: { readonly [K in Kind]: FieldTable<K> } = {
  step: {
    ...POSITION,
    frames: 'number',
    cropSize: 'number',
    clips: 'number',
    learningRate: 'number',
    loss: 'number',
    top1: 'number',
    stepMs: 'number',
    dataWaitMs: 'number',
    clipsPerRun: 'optional number',
    workers: 'optional workers',
  },
  evaluation: {
    ...POSITION,
    at: 'text',
    top1: 'number',
    top5: 'number',
    mAP: 'optional number',
    loss: 'number',
    videos: 'number',
    views: 'number',
    evaluationSeconds: 'number',
  },
  phase: { ...POSITION, transitionMs: 'number', directiveWaitMs: 'optional number' },
  checkpoint: {
    seconds: 'number',
    iteration: 'number',
    epoch: 'number',
    path: 'text',
    bytes: 'number',
    writeMs: 'optional number',
  },
  skippedStep: { seconds: 'number', iteration: 'number', lossScale: 'number' },
  microBatch: {
    seconds: 'number',
    iteration: 'number',
    clips: 'number',
    groups: 'number',
    frames: 'number',
    cropSize: 'number',
    clipsPerRun: 'number',
    lanes: 'number',
    recomputes: 'flag',
  },
  badClip: { seconds: 'number', iteration: 'number', path: 'text', reason: 'text' },
};

/** A line that is not a run event: `message` says which field is missing or of the wrong type. */
export class EventShapeError extends Error {
  override readonly name = 'EventShapeError';
}

/**
 * One line of metrics.jsonl as an event. JSON has no NaN: a number that was not finite was written as `null` and comes
 * back as NaN, so that the log of a run that diverged can still be read.
 *
 * @throws EventShapeError when the line is not JSON, has no known kind, or lacks a field of its kind.
 */
export function parseRunEvent(line: string): RunEvent {
  let value: unknown;
  try {
    value = JSON.parse(line, (_key, field: unknown) => (field === null ? Number.NaN : field));
  } catch (error) {
    throw new EventShapeError('it is not JSON', { cause: error });
  }
  if (!isRecord(value) || !isKind(value['kind'])) {
    throw new EventShapeError(`it has no known kind (${Object.keys(FIELDS).join(', ')})`);
  }
  if (!isEventOf(value, value['kind'])) {
    throw new EventShapeError(`a ${value['kind']} event needs ${faultyFields(value, value['kind'])}`);
  }
  return value;
}

function faultyFields(record: Readonly<Record<string, unknown>>, kind: Kind): string {
  const faults = Object.entries(FIELDS[kind])
    .filter(([field, type]) => !holds(record[field], type))
    .map(([field, type]) => `\`${field}\` as ${TYPE_WORDS[type]}`);
  return faults.length > 0 ? faults.join(', ') : '`at` as one of phase, full or test';
}

function isEventOf(
  record: Readonly<Record<string, unknown>>,
  kind: Kind,
): record is RunEvent & typeof record {
  const complete = Object.entries(FIELDS[kind]).every(([field, type]) => holds(record[field], type));
  return complete && (kind !== 'evaluation' || isEvaluationShape(record['at']));
}

function isEvaluationShape(at: unknown): boolean {
  return at === 'phase' || at === 'full' || at === 'test';
}

const TYPE_WORDS = {
  number: 'a number',
  'optional number': 'a number',
  'optional workers': 'count, slowest, longestWaitMs and lists of numbers',
  flag: 'true or false',
  text: 'text',
} as const;

function holds(value: unknown, type: keyof typeof TYPE_WORDS): boolean {
  switch (type) {
    case 'text':
      return typeof value === 'string';
    case 'flag':
      return typeof value === 'boolean';
    case 'number':
      return typeof value === 'number';
    case 'optional number':
      return value === undefined || typeof value === 'number';
    case 'optional workers':
      return value === undefined || isWorkers(value);
  }
}

function isWorkers(value: unknown): boolean {
  return (
    isRecord(value) &&
    [value['count'], value['slowest'], value['longestWaitMs']].every(isNumber) &&
    [value['dataWaitMs'], value['waitMs']].every((list) => list === undefined || isListOf(list, isNumber))
  );
}

function isKind(kind: unknown): kind is Kind {
  return typeof kind === 'string' && Object.hasOwn(FIELDS, kind);
}
