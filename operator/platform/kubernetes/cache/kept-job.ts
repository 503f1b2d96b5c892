/**
 * What stays in memory of a MultigridTrainingJob: its text, packed, and the few fields that are asked for all the time.
 * Ten thousand jobs with their plans would fill the heap as objects; a reconcile takes the one it is about apart again.
 * In comes an object of the API server, out comes what the cache holds. Made by informers, read by the platform.
 */
import { FIELD_MANAGERS } from '../../../../multigrid/contract/names.ts';
import { asStoredJob } from '../../../../multigrid/object/job-text.ts';
import type { JobState, StoredJob } from '../../../../multigrid/object/job-object.ts';
import type { Versioned } from '../../../../kube/informer.ts';
import {
  isRecord,
  listAt,
  numberAt,
  textAt,
  timeAt,
  type JsonObject,
} from '../../../../multigrid/json/fields.ts';

export interface KeptJob extends Versioned {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly state: JobState | null;
  /** Phase of the plan that the trainer is in; null before it said so. */
  readonly phase: number | null;
  /** When the trainer's newest report arrived, by the API server's clock; null: there was none. */
  readonly reportedMs: number | null;
  /** The object as JSON, without what nobody reads. */
  readonly text: Buffer;
}

const STATES: readonly JobState[] = [
  'Pending',
  'Running',
  'PhaseTransition',
  'Restarting',
  'Stalled',
  'Suspended',
  'Complete',
  'Failed',
];

/** @returns null for what is no object with a name. */
export function keepJob(object: unknown): KeptJob | null {
  const name = textAt(object, 'metadata', 'name');
  if (!isRecord(object) || name === null) {
    return null;
  }
  const namespace = textAt(object, 'metadata', 'namespace') ?? '';
  const state = textAt(object, 'status', 'state');
  return {
    key: `${namespace}/${name}`,
    namespace,
    name,
    resourceVersion: textAt(object, 'metadata', 'resourceVersion') ?? '',
    uid: textAt(object, 'metadata', 'uid') ?? '',
    state: STATES.find((known) => known === state) ?? null,
    phase: numberAt(object, 'status', 'progress', 'phase'),
    reportedMs: reportTimeOf(object),
    text: Buffer.from(JSON.stringify(withoutManagers(object))),
  };
}

/** @throws JobFileError when the object is no sound job. */
export function unpackJob({ key, text }: KeptJob): StoredJob {
  const value: unknown = JSON.parse(text.toString());
  return asStoredJob(value, key);
}

function withoutManagers(object: JsonObject): JsonObject {
  const metadata = Object.entries(object['metadata'] ?? {}).filter(([field]) => field !== 'managedFields');
  return { ...object, metadata: Object.fromEntries(metadata) };
}

function reportTimeOf(object: JsonObject): number | null {
  const times = listAt(object, 'metadata', 'managedFields')
    .filter((entry) => textAt(entry, 'manager') === FIELD_MANAGERS.progress)
    .map((entry) => timeAt(entry, 'time') ?? 0);
  return times.length === 0 ? null : Math.max(...times);
}
