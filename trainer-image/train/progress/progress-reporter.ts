/**
 * Turns what the loop knows into `status.progress`: keeps the slow-moving parts (generation, checkpoint, metrics), adds
 * the meter's reading and a heartbeat, and hands it to the link, which limits how often it is written. It speaks before
 * there is a plan too: the operator may need the number of clips to make one.
 */
import type { Directive } from '../../../multigrid/directive.ts';
import type { Plan } from '../../../multigrid/plan/types.ts';
import type {
  CheckpointReference,
  MetricValue,
  Progress,
  TrainerFailure,
  TrainerState,
  TrainerTrouble,
} from '../../../multigrid/progress.ts';
import { summarizeProgress } from '../../../multigrid/progress-summary.ts';
import type { JobLink } from '../../link/job-link.ts';
import { positionAt, totalIterations } from '../state/position.ts';
import { type MeterReading, ProgressMeter, type StepTiming } from './progress-meter.ts';

export class ProgressReporter {
  readonly #link: Pick<JobLink, 'report'>;
  readonly #wallClock: () => Date;
  readonly #metrics = new Map<string, number>();
  #generation = 0;
  #iteration = 0;
  #learningRate = 0;
  #unattended = false;
  #badClips = 0;
  #checkpoint: CheckpointReference | null = null;
  #resumedFrom: number | null = null;
  #pretrained: string | null = null;
  #trainingClips: number | null = null;
  #course: Course | null = null;
  #trouble: TrainerTrouble | null = null;
  #last: { readonly state: TrainerState; readonly failure: TrainerFailure | null } | null = null;
  #progressedAt = new Date(0);

  constructor(link: Pick<JobLink, 'report'>, wallClock: () => Date) {
    this.#link = link;
    this.#wallClock = wallClock;
  }

  /** What an earlier trainer of the job said and what stays true until this one knows better. */
  remember(earlier: Pick<Progress, 'metrics' | 'lastCheckpoint'> | undefined): void {
    this.#checkpoint = earlier?.lastCheckpoint ?? null;
    for (const { name, value } of earlier?.metrics ?? []) {
      this.#metrics.set(name, value);
    }
  }

  /** Videos of the training list. */
  counted(trainingClips: number): void {
    this.#trainingClips = trainingClips;
  }

  /** The plan that iterations are counted by from here on. */
  planned(plan: Plan): void {
    this.#course = { plan, meter: new ProgressMeter(plan) };
  }

  /** The directive now followed; null: by the plan, because none came. */
  follow(directive: Directive | null): void {
    this.#generation = directive?.generation ?? this.#generation;
    this.#unattended = directive === null;
  }

  resumedAt(iteration: number, checkpoint: CheckpointReference | null): void {
    this.#iteration = iteration;
    this.#resumedFrom = iteration;
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

  /** What is in the way from now on; null: nothing any more. The next report tells. */
  troubled(trouble: TrainerTrouble | null): void {
    this.#trouble = trouble;
  }

  /** As {@link ProgressReporter.troubled}, and said at once, as the first word too. A later one is no sign of progress. */
  async tellTrouble(trouble: TrainerTrouble | null): Promise<void> {
    this.troubled(trouble);
    if (this.#last === null) {
      this.moved();
      this.#last = { state: 'Preparing', failure: null };
    }
    await this.repeat();
  }

  async stepped(
    step: StepTiming & { readonly learningRate: number; readonly badClips: number },
  ): Promise<void> {
    this.#course?.meter.record(step);
    this.#iteration = step.iteration + 1;
    this.#learningRate = step.learningRate;
    this.#badClips = step.badClips;
    await this.say('Training');
  }

  /** Training got on by something smaller than a step, a batch of an evaluation for one: the next report tells. */
  moved(): void {
    this.#progressedAt = this.#wallClock();
  }

  async say(state: TrainerState, failure: TrainerFailure | null = null): Promise<void> {
    this.moved();
    this.#last = { state, failure };
    await this.#link.report(this.#progress(state, failure));
  }

  /** The same once more, only newer: the trainer is still there. Nothing, while nothing has been said. */
  async repeat(): Promise<void> {
    if (this.#last !== null) {
      await this.#link.report(this.#progress(this.#last.state, this.#last.failure));
    }
  }

  #progress(state: TrainerState, failure: TrainerFailure | null): Progress {
    const said = {
      ...(this.#course === null ? NOT_BEGUN : placeIn(this.#course, this.#iteration)),
      generation: this.#generation,
      state,
      heartbeat: this.#wallClock().toISOString(),
      progressedAt: this.#progressedAt.toISOString(),
      learningRate: this.#learningRate,
      badClips: this.#badClips,
      metrics: [...this.#metrics].map(([name, value]): MetricValue => ({ name, value })),
      lastCheckpoint: this.#checkpoint,
      unattended: this.#unattended,
      failure,
      ...(this.#resumedFrom === null ? {} : { resumedFrom: this.#resumedFrom }),
      ...(this.#trouble === null ? {} : { trouble: this.#trouble }),
      ...(this.#trainingClips === null ? {} : { trainingClips: this.#trainingClips }),
      ...(this.#pretrained === null ? {} : { pretrained: this.#pretrained }),
    };
    return this.#course === null ? said : { ...said, summary: summarizeProgress(this.#course.plan, said) };
  }
}

/** A plan and how fast it is followed. */
interface Course {
  readonly plan: Plan;
  readonly meter: ProgressMeter;
}

/** The part of progress that says how far along a plan training is. */
type PlaceInPlan = MeterReading & Pick<Progress, 'phase' | 'epoch' | 'iteration' | 'frames' | 'cropSize'>;

const NOT_BEGUN: PlaceInPlan = {
  phase: 0,
  epoch: 0,
  iteration: 0,
  frames: 0,
  cropSize: 0,
  loss: null,
  clipsPerSecond: 0,
  dataWaitRatio: 0,
  percent: 0,
  etaSeconds: 0,
};

function placeIn({ plan, meter }: Course, iteration: number): PlaceInPlan {
  const isDone = iteration >= totalIterations(plan);
  // The phase of the last step made: at a border the one just finished, until its successor has made a step.
  const place = positionAt(plan, Math.max(0, iteration - 1));
  const epoch = isDone ? plan.epochs : positionAt(plan, iteration).fractionalEpoch;
  return {
    phase: place.phase.index,
    epoch,
    iteration,
    frames: place.phase.frames,
    cropSize: place.shape.cropSize,
    ...meter.read(iteration),
  };
}
