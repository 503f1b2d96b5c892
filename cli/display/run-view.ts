/**
 * A running job as a block of lines for a terminal, drawn over itself at every change. In comes the job object, as
 * `kubectl get -o yaml` would show it, and nothing else; out come lines. Pure; shown by live-display.ts.
 */
import { findCondition, type StoredJob } from '../../multigrid/object/job-object.ts';
import type { Plan } from '../../multigrid/plan/types.ts';
import type { Progress } from '../../multigrid/progress.ts';
import { REASONS } from '../../operator/status/reasons.ts';
import { scheduleStrip } from './schedule-strip.ts';
import { metricsInWords, numbersInWords, shapeInWords, stateInWords, timeLeftInWords } from './words.ts';

/** Puts colour on text, or leaves it as it is. */
export interface Paint {
  readonly strong: (text: string) => string;
  readonly weak: (text: string) => string;
  readonly good: (text: string) => string;
  readonly warning: (text: string) => string;
}

const INDENT = '  ';
const STRIP_WIDTH = 60;
const BAR_WIDTH = 40;

export function runView(job: StoredJob, columns: number, paint: Paint): readonly string[] {
  const { plan, progress, replicas = 1 } = job.status ?? {};
  const head = `${paint.strong(job.metadata.name)}  ${headline(job)}`;
  const lines = [head, ...concerns(job).map((concern) => `${INDENT}${paint.warning(concern)}`)];
  if (plan === undefined || progress === undefined) {
    return lines;
  }
  const workers = replicas > 1 ? [`${INDENT}${replicas} workers`] : [];
  return [...lines, ...progressLines(plan, progress, columns, paint), ...workers];
}

function progressLines(plan: Plan, progress: Progress, columns: number, paint: Paint): readonly string[] {
  const phase = plan.phases[progress.phase];
  const strip = scheduleStrip(plan, progress.epoch, Math.min(STRIP_WIDTH, columns - INDENT.length));
  const shape = phase === undefined ? '' : shapeInWords(phase);
  const metrics = metricsInWords(progress.metrics);
  return [
    `${paint.good(strip.done)}${paint.weak(strip.ahead)}`,
    `${bar(progress.percent, paint)} ${Math.floor(progress.percent)} %  ${timeLeftInWords(progress)}`,
    `phase ${progress.phase + 1} of ${plan.phases.length}  ${shape}  epoch ${progress.epoch.toFixed(1)} of ${plan.epochs}  iteration ${progress.iteration} of ${plan.totals.iterations}`,
    numbersInWords(progress),
    metrics,
    progress.pretrained === undefined ? '' : paint.weak(`pretrained: ${progress.pretrained}`),
  ]
    .filter((line) => line !== '')
    .map((line) => `${INDENT}${line}`);
}

function headline(job: StoredJob): string {
  const { state, progress, conditions } = job.status ?? {};
  if (state === 'Suspended') {
    return 'suspended';
  }
  if (findCondition(conditions, 'Running')?.reason === REASONS.stopping) {
    return 'stopping';
  }
  if (state === undefined || state === 'Pending' || progress === undefined) {
    return 'starting';
  }
  return stateInWords(progress.state);
}

function bar(done: number, paint: Paint): string {
  const filled = Math.round((Math.min(100, done) / 100) * BAR_WIDTH);
  return `${paint.good('━'.repeat(filled))}${paint.weak('─'.repeat(BAR_WIDTH - filled))}`;
}

const CONCERNS = [
  { type: 'Restarting', words: 'restarting' },
  { type: 'Stalled', words: 'no progress' },
  { type: 'DataBound', words: 'slowed down by the data' },
  { type: 'ReplicasIgnored', words: 'not scaled' },
  { type: 'Suspended', words: 'suspended' },
] as const;

/** What a person should look at, one line each. */
export function concerns(job: StoredJob): readonly string[] {
  const holding = CONCERNS.flatMap(({ type, words }) => {
    const condition = findCondition(job.status?.conditions, type);
    // Who pressed Ctrl-C knows.
    return condition?.status !== 'True' || condition.reason === REASONS.interrupted
      ? []
      : [`${words}: ${condition.message}`];
  });
  const isUnattended = job.status?.progress?.unattended === true;
  return [
    ...holding,
    ...(isUnattended ? ['the operator does not respond; training continues by the plan'] : []),
  ].map((message) => message.split('\n')[0] ?? '');
}
