/**
 * Everything one training needs, in one value: settings, plan and the parts that do the work. Composed by `main.ts`,
 * walked by `loop.ts`; the other files of this folder take from it what they use.
 */
import type { Plan } from '../../multigrid/plan/types.ts';
import type { Network } from '../models/network.ts';
import type { JobLink } from '../link/job-link.ts';
import type { MetricsLog } from '../run-folder/metrics-log.ts';
import type { CheckpointStore } from './checkpoints/checkpoint-store.ts';
import type { ClipSource } from './clip-source.ts';
import type { Evaluator } from './evaluation/evaluate.ts';
import type { ParameterStore } from './parameters/parameter-store.ts';
import type { ProgressReporter } from './progress-reporter.ts';
import type { TrainingSettings } from './settings.ts';
import type { TrainingState } from './state.ts';
import type { StepKit } from './steps/step-kit.ts';

/** Structured logging: a constant message and fields. */
export interface Logger {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

export interface TrainingRun {
  readonly settings: TrainingSettings;
  readonly plan: Plan;
  readonly link: JobLink;
  readonly network: Network;
  readonly store: ParameterStore;
  readonly state: TrainingState;
  readonly steps: StepKit;
  readonly evaluator: Evaluator;
  readonly clips: ClipSource;
  readonly checkpoints: CheckpointStore;
  readonly log: MetricsLog;
  readonly reporter: ProgressReporter;
  readonly logger: Logger;
  /** Milliseconds of a clock that never goes back. */
  readonly nowMs: () => number;
}
