/**
 * What a trainer says of itself over hours, as a function of time: made to move as slowly as a real one. In come a plan
 * and how long it takes, out come progress and the moments of its phase borders. Pure.
 */
import type { Plan } from '../../../multigrid/plan/types.ts';
import { summarizeProgress } from '../../../multigrid/progress-summary.ts';
import type { Progress } from '../../../multigrid/progress.ts';
import { makeProgress } from '../../support/run/jobs.ts';

export class TrainerCourse {
  readonly #plan: Plan;
  readonly #seconds: number;

  /** @param seconds - of the whole training */
  constructor(plan: Plan, seconds: number) {
    this.#plan = plan;
    this.#seconds = seconds;
  }

  /** Index of the phase that runs after so many seconds of training. */
  phaseAt(seconds: number): number {
    const epoch = this.#epochAt(seconds);
    const index = this.#plan.phases.findIndex(({ endEpoch }) => epoch < endEpoch);
    return index < 0 ? this.#plan.phases.length - 1 : index;
  }

  /** @param phase - as the trainer has it, which a border may hold up */
  progressAt(
    seconds: number,
    { phase, generation, state, now }: Pick<Progress, 'phase' | 'generation' | 'state'> & { now: Date },
  ): Progress {
    const share = Math.min(1, seconds / this.#seconds);
    const { frames = 0, cropSize = 0, learningRate = 0 } = this.#plan.phases[phase] ?? {};
    const noise = Math.sin(seconds * 12.9898);
    const progress = makeProgress({
      generation,
      state,
      phase,
      epoch: this.#epochAt(seconds),
      iteration: Math.floor(this.#plan.totals.iterations * share),
      percent: 100 * share,
      etaSeconds: this.#seconds - seconds,
      heartbeat: now.toISOString(),
      progressedAt: now.toISOString(),
      loss: 2.8 - share + noise / 100,
      learningRate,
      frames,
      cropSize,
      clipsPerSecond: 44.1 + noise,
      dataWaitRatio: 0.03 + noise / 100,
      metrics: [{ name: 'top1', value: 0.09375 }],
      lastCheckpoint: { path: 'checkpoints/iteration-00000100.safetensors', iteration: 100, epoch: 0.67 },
      trainingClips: 1200,
    });
    return { ...progress, summary: summarizeProgress(this.#plan, progress) };
  }

  #epochAt(seconds: number): number {
    return Math.min(this.#plan.epochs, (this.#plan.epochs * seconds) / this.#seconds);
  }
}
