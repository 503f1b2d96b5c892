/**
 * Numbers of a run in words, the same in the live block, in plain lines and in the closing text. Pure.
 */
import type { Phase } from '../../multigrid/plan/types.ts';
import type { MetricValue, Progress, TrainerState } from '../../multigrid/progress.ts';
import { formatDuration } from '../../multigrid/progress-summary.ts';

/** As in `4 x 8 x 45`: batch factor, frames, crop. */
export function shapeInWords({ batchFactor, frames, cropSize }: Phase): string {
  return `${batchFactor} x ${frames} x ${cropSize}`;
}

const STATES: Readonly<Record<TrainerState, string>> = {
  Preparing: 'getting ready',
  Training: 'training',
  Evaluating: 'evaluating',
  Waiting: 'at a phase border',
  Testing: 'testing with all views',
  Finished: 'finished',
  Stopped: 'stopped',
  Failed: 'failed',
};

export function stateInWords(state: TrainerState): string {
  return STATES[state];
}

/** Newest numbers of the training itself, those that are known. */
export function numbersInWords(progress: Progress): string {
  const { loss, learningRate, clipsPerSecond, dataWaitRatio, badClips } = progress;
  return [
    loss === null ? '' : `loss ${loss.toPrecision(3)}`,
    learningRate > 0 ? `lr ${String(Number(learningRate.toPrecision(3)))}` : '',
    clipsPerSecond > 0 ? `${clipsPerSecond.toFixed(clipsPerSecond < 10 ? 1 : 0)} clips/s` : '',
    clipsPerSecond > 0 ? `data wait ${percent(dataWaitRatio)}` : '',
    badClips > 0 ? `${badClips} bad clips` : '',
  ]
    .filter((part) => part !== '')
    .join('  ');
}

export function timeLeftInWords({ etaSeconds }: Progress): string {
  return etaSeconds > 0 ? `${formatDuration(etaSeconds)} left` : '';
}

const METRICS: Readonly<Record<string, string>> = {
  top1: 'top-1 at the full shape',
  top1AtPhaseShape: "at the phase's shape",
  testTop1: 'top-1 over all views',
  mAP: 'mAP at the full shape',
  mAPAtPhaseShape: "at the phase's shape",
  testMAP: 'mAP over all views',
};

/** As in `top-1 at the full shape 87.3 %`; empty before the first evaluation. */
export function metricsInWords(metrics: readonly MetricValue[]): string {
  return metrics.map(({ name, value }) => `${METRICS[name] ?? name} ${percent(value, 1)}`).join(', ');
}

export function percent(share: number, digits = 0): string {
  return `${(share * 100).toFixed(digits)} %`;
}
