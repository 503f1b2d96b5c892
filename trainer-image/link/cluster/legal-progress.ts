/**
 * Progress as the API server takes it: numbers that are numbers, texts no longer than the CRD allows. A diverged loss or
 * a page of stack trace must not keep the news of it from arriving. Pure.
 */
import type { MetricValue, Progress } from '../../../multigrid/progress.ts';

/** The CRD's limits (`status.progress` in crds/multigridtrainingjob.yaml). */
const MOST_METRICS = 32;
const LONGEST = { name: 64, reason: 64, pretrained: 512, path: 1024, message: 32_768 };

/** JSON has no NaN and no infinity: they would arrive as null, and null is refused where a number must be. */
export function legalProgress(progress: Progress): Progress {
  const { loss, metrics, failure, trouble, lastCheckpoint, pretrained, summary } = progress;
  return {
    ...progress,
    epoch: finite(progress.epoch),
    percent: finite(progress.percent),
    etaSeconds: finite(progress.etaSeconds),
    learningRate: finite(progress.learningRate),
    clipsPerSecond: finite(progress.clipsPerSecond),
    dataWaitRatio: finite(progress.dataWaitRatio),
    loss: loss !== null && Number.isFinite(loss) ? loss : null,
    metrics: metrics
      .filter(({ value }) => Number.isFinite(value))
      .map(shortNamed)
      .slice(0, MOST_METRICS),
    failure:
      failure === null
        ? null
        : {
            ...failure,
            reason: cut(failure.reason, LONGEST.reason),
            message: cut(failure.message, LONGEST.message),
          },
    lastCheckpoint:
      lastCheckpoint === null ? null : { ...lastCheckpoint, path: cut(lastCheckpoint.path, LONGEST.path) },
    ...(trouble === undefined
      ? {}
      : {
          trouble: {
            reason: cut(trouble.reason, LONGEST.reason),
            message: cut(trouble.message, LONGEST.message),
          },
        }),
    ...(summary?.metric === undefined
      ? {}
      : { summary: { ...summary, metric: cut(summary.metric, LONGEST.name) } }),
    ...(pretrained === undefined ? {} : { pretrained: cut(pretrained, LONGEST.pretrained) }),
  };
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}

function shortNamed({ name, value }: MetricValue): MetricValue {
  return { name: cut(name, LONGEST.name), value };
}

function cut(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1).toWellFormed()}…`;
}
