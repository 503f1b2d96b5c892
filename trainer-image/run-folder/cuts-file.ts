/**
 * cuts.json: the steps that did not fit into memory and how they were cut, with the circumstances under which that was
 * found. The trainer writes it at every cut and reads it when a run goes on, so that a restart need not run out of memory
 * again to find the same.
 */
import { readIfThere } from '../../storage/missing-file.ts';
import { writeWholeFile } from '../../storage/whole-file.ts';

/** What decides whether a step fits: cuts found under other circumstances say nothing. */
export interface CutCircumstances {
  readonly cores: number;
  /** `cpu` or `cuda`. */
  readonly device: string;
  /** Most memory for activations, bytes; null: the device's own limit. */
  readonly activationBytes: number | null;
  readonly microBatch: number;
  readonly recompute: string;
  readonly precision: string;
}

/** A step's shape, and how it was last cut. */
export interface RecordedCut {
  readonly clips: number;
  readonly groups: number;
  readonly frames: number;
  readonly cropSize: number;
  readonly clipsPerRun: number;
  readonly lanes: number;
  readonly recomputes: boolean;
}

export interface CutsRecord {
  readonly circumstances: CutCircumstances;
  readonly cuts: readonly RecordedCut[];
}

export async function writeCuts(path: string, record: CutsRecord): Promise<void> {
  await writeWholeFile(path, `${JSON.stringify(record, null, 2)}\n`);
}

/**
 * The cuts of a run; null when none was made, or when the file is not whole or of another version: they are then found
 * anew.
 *
 * @throws the file system's error when it is there and cannot be read.
 */
export async function readCuts(path: string): Promise<CutsRecord | null> {
  const text = await readIfThere(path);
  const value = text === null ? null : parse(text);
  return isRecord(value) ? value : null;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const CIRCUMSTANCE_COUNTS = ['cores', 'microBatch'];
const CIRCUMSTANCE_TEXTS = ['device', 'recompute', 'precision'];
const CUT_COUNTS = ['clips', 'groups', 'frames', 'cropSize', 'clipsPerRun', 'lanes'];

function isRecord(value: unknown): value is CutsRecord {
  const fields = fieldsOf(value);
  const circumstances = fieldsOf(fields.get('circumstances'));
  const cuts = fields.get('cuts');
  const limit = circumstances.get('activationBytes');
  return (
    CIRCUMSTANCE_COUNTS.every((name) => Number.isInteger(circumstances.get(name))) &&
    CIRCUMSTANCE_TEXTS.every((name) => typeof circumstances.get(name) === 'string') &&
    (limit === null || Number.isFinite(limit)) &&
    Array.isArray(cuts) &&
    cuts.every((cut) => {
      const numbers = fieldsOf(cut);
      return (
        CUT_COUNTS.every((name) => Number.isInteger(numbers.get(name))) &&
        typeof numbers.get('recomputes') === 'boolean'
      );
    })
  );
}

function fieldsOf(value: unknown): ReadonlyMap<string, unknown> {
  return new Map<string, unknown>(typeof value === 'object' && value !== null ? Object.entries(value) : []);
}
