/**
 * What a test and its scripted trainer say to each other: the acts it is to do, and the trace it leaves.
 */
import { isListOf, isRecord } from '../../../multigrid/json/fields.ts';
import type { TrainerFailure } from '../../../multigrid/progress.ts';

/** What one attempt does when it has made `after` iterations; without `after` it trains to the end. */
export interface Act {
  readonly after?: number;
  /** `pause`: until there is a file `continue` in the run folder, or until it is asked to end. */
  readonly then?: 'exit' | 'hang' | 'sigkill' | 'ignore-sigterm' | 'pause';
  readonly code?: number;
  readonly failure?: TrainerFailure;
  /** Text written to standard error before the end. */
  readonly says?: string;
}

/** One iteration as it was made. */
export interface TraceLine {
  readonly attempt: number;
  readonly iteration: number;
  readonly phase: number;
  readonly generation: number;
  readonly unattended: boolean;
}

export function parseActs(text: string): readonly Act[] {
  const value: unknown = JSON.parse(text);
  return isListOf(value, isAct) ? value : [];
}

export function parseTrace(text: string): readonly TraceLine[] {
  // The last line may be half written.
  const lines = text.split('\n').slice(0, -1);
  const value: unknown = JSON.parse(`[${lines.join(',')}]`);
  return isListOf(value, isTraceLine) ? value : [];
}

function isAct(value: unknown): value is Act {
  return isRecord(value);
}

function isTraceLine(value: unknown): value is TraceLine {
  return isRecord(value) && 'iteration' in value && 'attempt' in value;
}
