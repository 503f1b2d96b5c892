/**
 * What is around a trainer that has nobody at the other end of its link: its job and plan are there from the start, and it goes on
 * by the plan at every border. In: job, plan and folders. Out: surroundings, and lists of what is said.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { StoredJob } from '../../../multigrid/object/job-object.ts';
import type { Plan } from '../../../multigrid/plan/types.ts';
import type { Progress } from '../../../multigrid/progress.ts';
import { Patience } from '../../../storage/patience.ts';
import type { JobLink } from '../../../trainer-image/link/job-link.ts';
import { SOLO } from '../../../trainer-image/train/collective/solo.ts';
import type { Surroundings } from '../../../trainer-image/train/surroundings.ts';

export interface LoneJob {
  readonly job: StoredJob;
  readonly plan: Plan;
  readonly dataDir: string;
  readonly outputDir: string;
}

/** What is around a lone trainer, and what it says. */
export interface LoneSurroundings {
  readonly surroundings: Surroundings;
  readonly logged: readonly string[];
  readonly reports: readonly Progress[];
}

/** @param others - in the place of what a trainer would have */
export function makeLoneSurroundings(
  { job, plan, dataDir, outputDir }: LoneJob,
  others: Partial<Surroundings> = {},
): LoneSurroundings {
  const logged: string[] = [];
  const reports: Progress[] = [];
  const log = (message: string): void => {
    logged.push(message);
  };
  const surroundings = {
    ...{ link: loneLink({ ...job, status: { plan } }, plan, reports), outputDir, dataDir },
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
    ...others,
  };
  return { surroundings, logged, reports };
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
