/**
 * Where runs are interrupted: on one machine or in pods. A ground makes the same small run under any name, and has faults of
 * its own that strike a run under way.
 */

/** A run that faults strike. */
export interface StruckRun {
  readonly name: string;
  /** What it leaves, to be seen also while its disk is away. */
  readonly folder: string;
  /** Something trains, or will in a moment. */
  readonly isUnderWay: boolean;
  /** The run has come to its end. */
  readonly isComplete: boolean;
  /** Starts the run, or goes on with it. */
  start(): void | Promise<void>;
  /** Waits until so many iterations are done, the run is over, or it has ended before that. */
  untilIteration(iteration: number): Promise<void>;
  /** Goes on until the run is complete. @throws Error when it does not come to its end by itself */
  toEnd(): Promise<void>;
  /** Ends what is left of it. */
  close(): Promise<void>;
}

export interface FaultTimes {
  /** How long processes stand still, milliseconds. */
  readonly stopMs: number;
  /** How long a disk, an API server or the job's file is away, milliseconds. */
  readonly awayMs: number;
}

/** Strikes a run that is under way, lasts for a while, and is over when it returns. */
export interface Fault<Run> {
  readonly name: string;
  /** @returns what was seen, in a few words */
  readonly strike: (run: Run, times: FaultTimes) => Promise<string>;
}

export interface Ground<Run extends StruckRun> {
  readonly faults: readonly Fault<Run>[];
  /** Faults that cannot be made here, with the reason. */
  readonly skipped: readonly string[];
  /** A run of this name, not started yet. */
  run(name: string): Run;
  close(): Promise<void>;
}
