/**
 * Progress in the words of the printer columns. In come a plan and what a trainer says of itself, out come short texts for
 * `kubectl get`. The trainer sends them along with its numbers, so that showing progress takes no second write. Pure.
 */
import type { Phase, Plan } from './plan/types.ts';
import type { MetricValue, Progress, ProgressSummary } from './progress.ts';

/** Epochs are sums of fractions. */
const ROUNDING = 1e-6;

export function summarizeProgress(
  plan: Pick<Plan, 'phases' | 'epochs'>,
  progress: Pick<
    Progress,
    'phase' | 'epoch' | 'percent' | 'etaSeconds' | 'metrics' | 'learningRate' | 'clipsPerSecond'
  >,
): ProgressSummary {
  const phase = plan.phases[progress.phase];
  const metric = newestMetric(progress.metrics);
  return {
    phase: `${progress.phase + 1}/${plan.phases.length}`,
    ...(phase === undefined ? {} : shapeOf(phase)),
    epoch: `${Math.floor(progress.epoch + ROUNDING)}/${plan.epochs}`,
    progress: `${Math.floor(progress.percent)}%`,
    eta: formatDuration(progress.etaSeconds),
    ...(metric === null ? {} : { metric }),
    learningRate: formatNumber(progress.learningRate),
    clipsPerSecond: formatNumber(progress.clipsPerSecond),
  };
}

/** `3d 4h`, `2h 14m`, `5m 10s`, `42s`: the two largest units. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'm'],
    [whole % 60, 's'],
  ] as const;
  const first = parts.findIndex(([amount]) => amount > 0);
  return first === -1
    ? '0s'
    : parts
        .slice(first, first + 2)
        .map(([amount, unit]) => `${amount}${unit}`)
        .join(' ');
}

function shapeOf(phase: Phase): Pick<ProgressSummary, 'shape' | 'batch'> {
  const batches = phase.shortCycle.map(({ globalBatch }) => globalBatch);
  return {
    shape: `${phase.batchFactor}x${phase.frames}x${phase.cropSize}`,
    batch: (batches.length > 0 ? batches : [phase.globalBatch]).join(','),
  };
}

/** The final test over the full shape, over any other number. */
const TELLING_METRICS = ['testTop1', 'testMAP', 'top1', 'mAP'];

function newestMetric(metrics: readonly MetricValue[]): string | null {
  const byName = new Map(metrics.map((metric) => [metric.name, metric]));
  const metric =
    TELLING_METRICS.map((name) => byName.get(name)).find((found) => found !== undefined) ?? metrics[0];
  return metric === undefined ? null : `${metric.name} ${metric.value.toFixed(3)}`;
}

function formatNumber(value: number): string {
  return String(Number(value.toPrecision(3)));
}
