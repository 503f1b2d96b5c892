/**
 * A trainer in the test's own process, with nobody at the other end of its link: it has its job and plan from the start and
 * goes on by the plan at every border. In: a manifest and a folder. Out: how it ended and what it logged. For what a test
 * cannot reach from outside a process: what a training leaves behind after a certain iteration, or in memory.
 */
import { mkdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { readRunRequest } from '../../../cli/run/run-request.ts';
import type { StoredJob } from '../../../multigrid/object/job-object.ts';
import type { Plan } from '../../../multigrid/plan/types.ts';
import type { Progress } from '../../../multigrid/progress.ts';
import { Patience } from '../../../storage/patience.ts';
import type { JobLink } from '../../../trainer-image/link/job-link.ts';
import { SOLO } from '../../../trainer-image/train/collective/solo.ts';
import { runTrainer, type TrainerEnd } from '../../../trainer-image/train/run-trainer.ts';
import type { Surroundings } from '../../../trainer-image/train/surroundings.ts';

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

/** What is around a lone trainer, and what it says. */
export interface LoneSurroundings {
  readonly plan: Plan;
  readonly surroundings: Surroundings;
  readonly logged: readonly string[];
  readonly reports: readonly Progress[];
}

/** Makes the output folder and what a trainer finds around it. */
export async function loneSurroundings(options: LoneTrainerOptions): Promise<LoneSurroundings> {
  const { manifestPath, outputDir } = options;
  const { job, plan, dataRoot } = await readRunRequest(manifestPath);
  await mkdir(outputDir, { recursive: true });
  const logged: string[] = [];
  const reports: Progress[] = [];
  const log = (message: string): void => {
    logged.push(message);
  };
  const surroundings = {
    ...{ link: loneLink({ ...job, status: { plan } }, plan, reports), outputDir, dataDir: dataRoot },
    ...{ collective: SOLO, cores: 2, worldSize: 1, rank: 0, localRank: 0, memoryBytes: 8 * 2 ** 30 },
    ...{ directiveGraceMs: 0, recordsJob: true, logger: { info: log, warn: log } },
    patience: new Patience({
      sleep: (ms, over) => sleep(ms, undefined, over === undefined ? {} : { signal: over }),
      monotonicNow: () => performance.now(),
      random: Math.random,
    }),
    nowMs: () => performance.now(),
    wallClock: () => new Date(),
    sleep: (_: number, over: AbortSignal) => aborted(over),
    ...options.surroundings,
  };
  return { plan, surroundings, logged, reports };
}

export async function runLoneTrainer(options: LoneTrainerOptions): Promise<LoneTrainer> {
  const { surroundings, ...said } = await loneSurroundings(options);
  const end = await runTrainer(surroundings, options.signal ?? new AbortController().signal);
  return { end, ...said };
}

function loneLink(job: StoredJob, plan: Plan, reports: Progress[]): JobLink {
  return {
    name: job.metadata.name,
    job: () => Promise.resolve(job),
    plan: () => Promise.resolve(plan),
    directive: () => null,
    nextDirective: () => Promise.resolve(null),
    report: (progress) => {
      reports.push(progress);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}

/** Rejects when the signal aborts. */
function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(new Error('the trainer is over', { cause: signal.reason }));
    });
  });
}
