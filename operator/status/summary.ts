/**
 * Progress in the words of the printer columns. In comes the status, out come short texts for `kubectl get`. They move
 * only when the percentage, the epoch's first decimal or something of more weight does, so that a report a second does
 * not mean a second write a second. Used by controller/decision.ts.
 */
import type { Condition, JobSummary, OperatorStatus } from '../../multigrid/object/job-object.ts';
import type { Phase } from '../../multigrid/plan/types.ts';
import type { MetricValue, Progress } from '../../multigrid/progress.ts';

/** @returns null while there is nothing to say. */
export function summarize(status: OperatorStatus, progress: Progress | undefined): JobSummary | null {
  const reason = telling(status);
  const before = status.summary;
  if (status.plan === undefined || progress === undefined) {
    return reason === null ? (before ?? null) : { ...before, reason };
  }
  const phase = status.plan.phases[progress.phase];
  const metric = newestMetric(progress.metrics);
  const next: JobSummary = {
    phase: `${progress.phase + 1}/${status.plan.phases.length}`,
    ...(phase === undefined ? {} : shapeOf(phase)),
    epoch: `${progress.epoch.toFixed(1)}/${status.plan.epochs}`,
    progress: `${Math.floor(progress.percent)}%`,
    eta: formatDuration(progress.etaSeconds),
    ...(metric === null ? {} : { metric }),
    learningRate: formatNumber(progress.learningRate),
    clipsPerSecond: formatNumber(progress.clipsPerSecond),
    ...(progress.lastCheckpoint === null ? {} : { checkpoint: progress.lastCheckpoint.path }),
    ...(reason === null ? {} : { reason }),
  };
  return before !== undefined && isCalm(before, next) ? before : next;
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

const CALM = ['phase', 'shape', 'epoch', 'progress', 'metric', 'batch', 'checkpoint', 'reason'] as const;

/** Whether nothing has moved but the numbers that jitter from report to report. */
function isCalm(before: JobSummary, next: JobSummary): boolean {
  return CALM.every((part) => before[part] === next[part]);
}

function shapeOf(phase: Phase): Pick<JobSummary, 'shape' | 'batch'> {
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

function telling({ conditions = [] }: OperatorStatus): string | null {
  const byType = new Map(conditions.map((condition) => [condition.type, condition]));
  for (const type of ['Complete', 'Failed', 'Suspended', 'Stalled', 'Restarting'] as const) {
    const condition = byType.get(type);
    if (condition?.status === 'True') {
      return condition.reason;
    }
  }
  const planReady = byType.get('PlanReady');
  return planReady?.status === 'False' ? planReady.reason : tellingOfWorkers(byType);
}

/** Why workers do not run tells more than how many of them were asked for. */
function tellingOfWorkers(byType: ReadonlyMap<string, Condition>): string | null {
  const running = byType.get('Running');
  const ignored = byType.get('ReplicasIgnored');
  const isIgnored = running?.status === 'True' && ignored?.status === 'True';
  return (isIgnored ? ignored : running)?.reason ?? null;
}

function formatNumber(value: number): string {
  return String(Number(value.toPrecision(3)));
}
