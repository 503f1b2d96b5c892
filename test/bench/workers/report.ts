/**
 * Rows of the table of workers. In: the steps of the sides of a row. Out: Markdown. Ratios come first: how many times as fast
 * several workers are as one on the same cores, and as PyTorch's DDP, by medians, in brackets by fastest steps. A step takes from the
 * first rank's start to the last one's end.
 */
import type { StepCase } from '../engine/cases.ts';
import { median } from '../engine/side.ts';
import type { RankStep } from './ranks-side.ts';

type Steps = readonly (readonly RankStep[])[];

export interface WorkersRow {
  readonly title: string;
  readonly stepCase: StepCase;
  readonly one: Steps;
  readonly several: Steps;
  readonly ddp: Steps | undefined;
  /** What adding up takes by the model; null: the link is not known. */
  readonly sumMs: number | null;
}

export function tableHead(
  workers: number,
  { hasDdp, hasModel }: { readonly hasDdp: boolean; readonly hasModel: boolean },
): string {
  const columns = [
    'network',
    'clips × frames × crop',
    'against 1 worker',
    ...(hasDdp ? ['against DDP'] : []),
    `${workers} workers ms`,
    '1 worker ms',
    ...(hasDdp ? ['DDP ms'] : []),
    'compute',
    'waiting',
    'sum',
    ...(hasModel ? ['against the model', 'model ms'] : []),
  ];
  return `| ${columns.join(' | ')} |\n|${columns.map(() => ' --- |').join('')}\n`;
}

export function tableRow({ title, stepCase, one, several, ddp, sumMs }: WorkersRow): string {
  const { clips, frames, cropSize } = stepCase;
  const { waiting, sum } = partsOf(several);
  const columns = [
    title,
    `${clips} × ${frames} × ${cropSize}`,
    ratio(several, one),
    ...(ddp === undefined ? [] : [ratio(several, ddp)]),
    milliseconds(several),
    milliseconds(one),
    ...(ddp === undefined ? [] : [milliseconds(ddp)]),
    percent(1 - waiting - sum),
    percent(waiting),
    percent(sum),
    ...(sumMs === null ? [] : againstModel(several, median(one.map(stepMs)) + sumMs)),
  ];
  return `| ${columns.join(' | ')} |\n`;
}

function stepMs(ranks: readonly RankStep[]): number {
  return Math.max(...ranks.map(({ endMs }) => endMs)) - Math.min(...ranks.map(({ startMs }) => startMs));
}

/** Parts of the ranks' time: waiting for the last one's gradients, and adding them up. */
function partsOf(steps: Steps): { readonly waiting: number; readonly sum: number } {
  let [all, waiting, sum] = [0, 0, 0];
  for (const ranks of steps) {
    const lastReadyMs = Math.max(...ranks.map(({ readyMs }) => readyMs));
    for (const { startMs, readyMs, summedMs, endMs } of ranks) {
      all += endMs - startMs;
      waiting += lastReadyMs - readyMs;
      sum += summedMs - lastReadyMs;
    }
  }
  return { waiting: waiting / all, sum: sum / all };
}

/** Measured over predicted. */
function againstModel(several: Steps, predictedMs: number): readonly string[] {
  return [(median(several.map(stepMs)) / predictedMs).toFixed(2), predictedMs.toFixed(0)];
}

function ratio(ours: Steps, other: Steps): string {
  const [mine, theirs] = [ours.map(stepMs), other.map(stepMs)];
  return `**${(median(theirs) / median(mine)).toFixed(2)}** (${(Math.min(...theirs) / Math.min(...mine)).toFixed(2)})`;
}

function milliseconds(steps: Steps): string {
  const times = steps.map(stepMs);
  return `${median(times).toFixed(0)} (${Math.min(...times).toFixed(0)})`;
}

function percent(part: number): string {
  return `${(100 * part).toFixed(1)} %`;
}
