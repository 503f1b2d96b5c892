/**
 * A running job as a log of plain lines: one for each phase, evaluation and concern, and one every ten seconds. In comes
 * the job object after every change, out come the lines that are new. No effects; written by plain-display.ts, for
 * files, pipes and CI.
 */
import { isConditionTrue, type StoredJob } from '../../multigrid/object/job-object.ts';
import type { Plan } from '../../multigrid/plan/types.ts';
import type { Progress } from '../../multigrid/progress.ts';
import { concerns } from './run-view.ts';
import { metricsInWords, numbersInWords, shapeInWords, stateInWords, timeLeftInWords } from './words.ts';

/** Between two lines that only say how far it is, milliseconds. */
const INTERVAL_MS = 10_000;

export class PlainLines {
  #planHash: string | null = null;
  /** Newest phase that was announced. */
  #phase = -1;
  /** As many as were announced; one need not be. */
  #workers = 1;
  #metrics = '';
  #pretrained = '';
  #state = '';
  #concerns: readonly string[] = [];
  #lastMs = Number.NEGATIVE_INFINITY;

  /** The lines that the newest version of the job adds. */
  next(job: StoredJob, nowMs: number): readonly string[] {
    const { plan, progress } = job.status ?? {};
    const lines = [...this.#newConcerns(job)];
    if (plan !== undefined) {
      lines.push(...this.#newPlan(plan), ...this.#newWorkers(job.status?.replicas ?? 0));
      // Before that, and after a resume, what stands there was said by an earlier trainer.
      if (progress !== undefined && (isConditionTrue(job, 'Running') || isConditionTrue(job, 'Complete'))) {
        lines.push(...this.#newProgress(plan, progress, nowMs));
      }
    }
    return lines;
  }

  #newConcerns(job: StoredJob): readonly string[] {
    const now = concerns(job);
    const added = now.filter((concern) => !this.#concerns.includes(concern));
    this.#concerns = now;
    return added;
  }

  #newPlan({ hash, phases, epochs, totals }: Plan): readonly string[] {
    if (this.#planHash === hash) {
      return [];
    }
    this.#planHash = hash;
    const saving = totals.framePixelRatio.toFixed(2);
    return [
      `plan: ${phases.length} phases over ${epochs} epochs, ${totals.iterations} iterations, ${saving} times fewer frame-pixels than the baseline`,
    ];
  }

  #newWorkers(replicas: number): readonly string[] {
    if (replicas === this.#workers || replicas === 0) {
      return [];
    }
    this.#workers = replicas;
    return [`workers: ${replicas}`];
  }

  #newProgress(plan: Plan, progress: Progress, nowMs: number): readonly string[] {
    const lines: string[] = [];
    const phase = plan.phases[progress.phase];
    if (progress.state === 'Preparing') {
      // A trainer that came again may begin in an earlier phase.
      this.#phase = -1;
    } else if (progress.phase > this.#phase && phase !== undefined) {
      this.#phase = progress.phase;
      lines.push(
        `phase ${progress.phase + 1} of ${plan.phases.length}: ${shapeInWords(phase)}, ${phase.globalBatch} clips a step, epochs ${phase.startEpoch} to ${phase.endEpoch}`,
      );
    }
    const { pretrained = this.#pretrained } = progress;
    if (pretrained !== this.#pretrained) {
      this.#pretrained = pretrained;
      lines.push(`pretrained: ${pretrained}`);
    }
    const metrics = metricsInWords(progress.metrics);
    if (metrics !== this.#metrics) {
      this.#metrics = metrics;
      lines.push(`epoch ${progress.epoch.toFixed(1)}: ${metrics}`);
    }
    if (progress.state !== this.#state && (progress.state === 'Preparing' || progress.state === 'Testing')) {
      lines.push(stateInWords(progress.state));
    }
    this.#state = progress.state;
    if (progress.state === 'Training' && nowMs - this.#lastMs >= INTERVAL_MS) {
      this.#lastMs = nowMs;
      lines.push(movement(plan, progress));
    }
    return lines;
  }
}

function movement(plan: Plan, progress: Progress): string {
  return [
    `${Math.floor(progress.percent)} %`,
    `epoch ${progress.epoch.toFixed(1)} of ${plan.epochs}`,
    numbersInWords(progress),
    timeLeftInWords(progress),
  ]
    .filter((part) => part !== '')
    .join('  ');
}
