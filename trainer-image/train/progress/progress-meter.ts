/**
 * Numbers for people: loss, clips/s, data-wait share, percent done and time left, over a sliding window of steps. Pure:
 * the loop says what each step took, the reporter asks for a reading. Percent and time left go by frame-pixels, since
 * the cost of a frame-pixel is nearly the same at every shape of the grid while iterations differ eightfold in clips.
 */
import type { Phase, Plan } from '../../../multigrid/plan/types.ts';
import { positionAt, totalIterations } from '../state/position.ts';

export interface StepTiming {
  readonly iteration: number;
  readonly clips: number;
  readonly frames: number;
  readonly cropSize: number;
  readonly loss: number;
  readonly stepMs: number;
  readonly dataWaitMs: number;
}

export interface MeterReading {
  readonly loss: number | null;
  readonly clipsPerSecond: number;
  readonly dataWaitRatio: number;
  readonly percent: number;
  readonly etaSeconds: number;
}

const WINDOW_STEPS = 50;

export class ProgressMeter {
  readonly #plan: Plan;
  readonly #totalFramePixels: number;
  readonly #window: StepTiming[] = [];

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#totalFramePixels = framePixelsOf(plan.phases);
  }

  record(step: StepTiming): void {
    this.#window.push(step);
    if (this.#window.length > WINDOW_STEPS) {
      this.#window.shift();
    }
  }

  /** @param iteration - iterations done. */
  read(iteration: number): MeterReading {
    const totals = this.#window.reduce(
      (sum, step) => ({
        ms: sum.ms + step.stepMs,
        waitMs: sum.waitMs + step.dataWaitMs,
        clips: sum.clips + step.clips,
        loss: sum.loss + step.loss,
        framePixels: sum.framePixels + step.clips * step.frames * step.cropSize ** 2,
      }),
      { ms: 0, waitMs: 0, clips: 0, loss: 0, framePixels: 0 },
    );
    const done = framePixelsBefore(this.#plan, iteration);
    const seconds = totals.ms / 1000;
    const rate = seconds > 0 ? totals.framePixels / seconds : 0;
    return {
      loss: this.#window.length > 0 ? totals.loss / this.#window.length : null,
      clipsPerSecond: seconds > 0 ? totals.clips / seconds : 0,
      dataWaitRatio: totals.ms > 0 ? totals.waitMs / totals.ms : 0,
      percent: this.#totalFramePixels > 0 ? (100 * done) / this.#totalFramePixels : 0,
      etaSeconds: rate > 0 ? (this.#totalFramePixels - done) / rate : 0,
    };
  }
}

/** Frame-pixels of the iterations done before `iteration`. */
export function framePixelsBefore(plan: Plan, iteration: number): number {
  if (iteration >= totalIterations(plan)) {
    return framePixelsOf(plan.phases);
  }
  const { phase, epoch, iterationInEpoch } = positionAt(plan, iteration);
  return (
    framePixelsOf(plan.phases.slice(0, phase.index)) +
    (epoch - phase.startEpoch) * framePixelsOfIterations(phase, phase.iterationsPerEpoch) +
    framePixelsOfIterations(phase, iterationInEpoch)
  );
}

function framePixelsOf(phases: readonly Phase[]): number {
  return phases.reduce(
    (sum, phase) =>
      sum + (phase.endEpoch - phase.startEpoch) * framePixelsOfIterations(phase, phase.iterationsPerEpoch),
    0,
  );
}

/** Frame-pixels of the first `count` iterations of an epoch. */
function framePixelsOfIterations(phase: Phase, count: number): number {
  return phase.shortCycle.reduce((sum, shape, place) => {
    const times = Math.floor((count - place + phase.shortCycle.length - 1) / phase.shortCycle.length);
    return sum + Math.max(0, times) * shape.globalBatch * phase.frames * shape.cropSize ** 2;
  }, 0);
}
