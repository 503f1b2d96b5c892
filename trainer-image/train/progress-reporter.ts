/**
 * Turns what the loop knows into `status.progress`: keeps the slow-moving parts (generation, checkpoint, metrics), adds
 * the meter's reading and a heartbeat, and hands it to the link, which limits how often it is written.
 */
import type { Directive } from '../../multigrid/directive.ts';
import type { Plan } from '../../multigrid/plan/types.ts';
import type {
  CheckpointReference,
  MetricValue,
  Progress,
  TrainerFailure,
  TrainerState,
} from '../../multigrid/progress.ts';
import type { JobLink } from '../link/job-link.ts';
import { positionAt, totalIterations } from './position.ts';
import { ProgressMeter, type StepTiming } from './progress-meter.ts';

export class ProgressReporter {
  readonly #link: JobLink;
  readonly #plan: Plan;
  readonly #meter: ProgressMeter;
  readonly #wallClock: () => Date;
  readonly #metrics = new Map<string, number>();
  #generation = 0;
  #iteration = 0;
  #learningRate = 0;
  #unattended = false;
  #badClips = 0;
  #checkpoint: CheckpointReference | null = null;
  #pretrained: string | null = null;

  constructor(link: JobLink, plan: Plan, wallClock: () => Date) {
    this.#link = link;
    this.#plan = plan;
    this.#meter = new ProgressMeter(plan);
    this.#wallClock = wallClock;
  }

  /** The directive now followed; null: by the plan, because none came. */
  follow(directive: Directive | null): void {
    this.#generation = directive?.generation ?? this.#generation;
    this.#unattended = directive === null;
  }

  resumedAt(iteration: number, checkpoint: CheckpointReference | null): void {
    this.#iteration = iteration;
    this.#checkpoint = checkpoint;
  }

  /** What became of the pretrained weights, in a line. */
  startedFrom(line: string): void {
    this.#pretrained = line;
  }

  checkpointed(reference: CheckpointReference): void {
    this.#checkpoint = reference;
  }

  /** Sets a metric such as `top1`; shown by `kubectl get` and kept until replaced. */
  measured(name: string, value: number): void {
    this.#metrics.set(name, value);
  }

  async stepped(
    step: StepTiming & { readonly learningRate: number; readonly badClips: number },
  ): Promise<void> {
    this.#meter.record(step);
    this.#iteration = step.iteration + 1;
    this.#learningRate = step.learningRate;
    this.#badClips = step.badClips;
    await this.say('Training');
  }

  async say(state: TrainerState, failure: TrainerFailure | null = null): Promise<void> {
    await this.#link.report(this.#progress(state, failure));
  }

  #progress(state: TrainerState, failure: TrainerFailure | null): Progress {
    const total = totalIterations(this.#plan);
    const isDone = this.#iteration >= total;
    // The phase of the last step made: at a border the one just finished, until its successor has made a step.
    const place = positionAt(this.#plan, Math.max(0, this.#iteration - 1));
    const epoch = isDone ? this.#plan.epochs : positionAt(this.#plan, this.#iteration).fractionalEpoch;
    const reading = this.#meter.read(this.#iteration);
    return {
      generation: this.#generation,
      state,
      phase: place.phase.index,
      epoch,
      iteration: this.#iteration,
      percent: reading.percent,
      etaSeconds: reading.etaSeconds,
      heartbeat: this.#wallClock().toISOString(),
      loss: reading.loss,
      learningRate: this.#learningRate,
      frames: place.phase.frames,
      cropSize: place.shape.cropSize,
      clipsPerSecond: reading.clipsPerSecond,
      dataWaitRatio: reading.dataWaitRatio,
      badClips: this.#badClips,
      metrics: [...this.#metrics].map(([name, value]): MetricValue => ({ name, value })),
      lastCheckpoint: this.#checkpoint,
      unattended: this.#unattended,
      failure,
      ...(this.#pretrained === null ? {} : { pretrained: this.#pretrained }),
    };
  }
}
