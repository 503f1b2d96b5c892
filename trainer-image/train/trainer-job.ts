/**
 * What every part of a trainer's start is given: the job as it was read, and the place the trainer is in. `main.ts` makes
 * the place, `run-trainer.ts` the job.
 */
import type { FilledSpec } from '../../multigrid/api/filled-spec.ts';
import type { JobIdentity } from '../../multigrid/object/job-identity.ts';
import type { Plan } from '../../multigrid/plan/types.ts';
import type { Patience } from '../../storage/patience.ts';
import type { JobLink } from '../link/job-link.ts';
import type { RunEvent } from '../run-folder/events.ts';
import type { ProgressReporter } from './progress-reporter.ts';
import type { Logger } from './training-run.ts';

/** Where the trainer is and what it may use. */
export interface TrainerSurroundings {
  readonly link: JobLink;
  /** Folder of checkpoints, metrics, model and report. */
  readonly outputDir: string;
  /** Folder that the data paths of the manifest start from. */
  readonly dataDir: string;
  readonly cores: number;
  /** Workers of the job. */
  readonly worldSize: number;
  /** Which of them this one is, from 0. The first writes what they share; the others only read it. */
  readonly rank: number;
  /** ONNX Runtime's library, when it is not the one in its package. */
  readonly onnxRuntime?: string | undefined;
  /** Memory that the trainer and its decoders may use, bytes. */
  readonly memoryBytes: number;
  readonly directiveGraceMs: number;
  /** Whether the output folder gets a copy of the job; not where the job itself lives there. */
  readonly recordsJob: boolean;
  /** Told of everything that goes into metrics.jsonl. */
  readonly onEvent?: ((event: RunEvent) => void) | undefined;
  readonly logger: Logger;
  /** Waits for disks that are in trouble. */
  readonly patience: Patience;
  readonly nowMs: () => number;
  readonly wallClock: () => Date;
  /** Resolves after `ms`; rejects when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface TrainerJob {
  readonly spec: FilledSpec;
  /** Which job it is, as its folder and checkpoints name it. */
  readonly identity: JobIdentity;
  readonly plan: Plan;
  readonly reporter: ProgressReporter;
  readonly place: TrainerSurroundings;
}
