/**
 * A trainer in the test's own process, with nobody at the other end of its link: it has its job and plan from the start and
 * goes on by the plan at every border. In: a manifest and a folder. Out: how it ended and what it logged. For what a test
 * cannot reach from outside a process: what a training leaves behind after a certain iteration, or in memory.
 */
import { mkdir } from 'node:fs/promises';
import { readRunRequest } from '../../../cli/run/run-request.ts';
import type { Plan } from '../../../multigrid/plan/types.ts';
import type { Progress } from '../../../multigrid/progress.ts';
import { runTrainer, type TrainerEnd } from '../../../trainer-image/train/run-trainer.ts';
import type { Surroundings } from '../../../trainer-image/train/surroundings.ts';
import { type LoneSurroundings, makeLoneSurroundings } from './lone-surroundings.ts';

export interface LoneTrainer {
  readonly plan: Plan;
  readonly end: TrainerEnd;
  /** Messages of its log, in order. */
  readonly logged: readonly string[];
  readonly reports: readonly Progress[];
}

export interface LoneTrainerOptions {
  readonly manifestPath: string;
  readonly outputDir: string;
  /** In the place of what a trainer would have. */
  readonly surroundings?: Partial<Surroundings>;
  readonly signal?: AbortSignal;
}

/** Makes the output folder and what a trainer finds around it. */
export async function loneSurroundings(
  options: LoneTrainerOptions,
): Promise<LoneSurroundings & { readonly plan: Plan }> {
  const { manifestPath, outputDir } = options;
  const { job, plan, dataRoot } = await readRunRequest(manifestPath);
  await mkdir(outputDir, { recursive: true });
  const lone = makeLoneSurroundings({ job, plan, dataDir: dataRoot, outputDir }, options.surroundings);
  return { plan, ...lone };
}

export async function runLoneTrainer(options: LoneTrainerOptions): Promise<LoneTrainer> {
  const { surroundings, ...said } = await loneSurroundings(options);
  const end = await runTrainer(surroundings, options.signal ?? new AbortController().signal);
  return { end, ...said };
}
