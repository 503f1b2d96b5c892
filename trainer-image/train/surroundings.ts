/**
 * Where a trainer is and what it may use: link, folders, machine, clocks. In: what the process was given. Out: a type; each
 * part of this folder takes the few of them that it needs.
 */
import type { Patience } from '../../storage/patience.ts';
import type { JobLink } from '../link/job-link.ts';
import type { RunEvent } from '../run-folder/events.ts';
import type { Collective } from './collective/collective.ts';
import type { Logger } from './logger.ts';

export interface Surroundings {
  readonly link: JobLink;
  /** Folder of checkpoints, metrics, model and report. */
  readonly outputDir: string;
  /** Folder that the data paths of the manifest start from. */
  readonly dataDir: string;
  readonly cores: number;
  /** What the workers of the job do together. */
  readonly collective: Collective;
  /** Workers of the job. */
  readonly worldSize: number;
  /** Which of them this one is, from 0. The first writes what they share; the others only read it. */
  readonly rank: number;
  /** Which of those on this machine, or in this pod, it is, from 0. */
  readonly localRank: number;
  /** ONNX Runtime's library, when it is not the one in its package. */
  readonly onnxRuntime?: string | undefined;
  /** NCCL's library, when it is none of those that are looked for. */
  readonly nccl?: string | undefined;
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
  /** Milliseconds of a clock that never goes back. */
  readonly nowMs: () => number;
  readonly wallClock: () => Date;
  /** Resolves after `ms`; rejects when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}
