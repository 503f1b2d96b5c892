/**
 * Rows of the engine's table. In: what the sides of a row measured. Out: Markdown. Ratios come first: how many times PyTorch's
 * clips per second ours are, by medians, in brackets by fastest steps and by processor time.
 */
import type { StepCase } from './cases.ts';
import { median } from './side.ts';
import type { StepTime } from './side.ts';

/** One side of a row, done. */
export interface Measured {
  readonly name: string;
  readonly times: readonly StepTime[];
  readonly peakMb: number;
}

/** Multiply-adds of one forward pass over the batch. */
export interface ForwardCost {
  readonly all: number;
  /** Of the convolutions on the clip itself, which have no gradient by their input. */
  readonly stems: number;
}

export interface Row {
  readonly title: string;
  readonly stepCase: StepCase;
  readonly sides: readonly Measured[];
  readonly forward: ForwardCost | undefined;
  readonly bestGflops: number;
}

/** @param text - what a PyTorch side said ready with; compiled networks count nothing. */
export function forwardCost(text: string): ForwardCost | undefined {
  const value: unknown = JSON.parse(text);
  return isForwardCost(value) ? value : undefined;
}

function isForwardCost(value: unknown): value is ForwardCost {
  return typeof value === 'object' && value !== null && 'all' in value && 'stems' in value;
}

export function tableHead(modes: readonly string[]): string {
  const columns = [
    'network',
    'clips × frames × crop',
    ...modes.map((mode) => `against ${mode}`),
    'ours ms',
    ...modes.map((mode) => `${mode} ms`),
    'ours clips/s',
    'share of best product',
    'peak MB: ours',
    ...modes,
  ];
  return `| ${columns.join(' | ')} |\n|${columns.map(() => ' --- |').join('')}\n`;
}

export function tableRow({ title, stepCase, sides, forward, bestGflops }: Row): string {
  const [ours, ...others] = sides;
  if (ours === undefined) {
    return '';
  }
  const { clips, frames, cropSize } = stepCase;
  const stepSeconds = median(ours.times.map(({ wallMs }) => wallMs)) / 1000;
  const columns = [
    title,
    `${clips} × ${frames} × ${cropSize}`,
    ...others.map((other) => ratios(ours, other)),
    milliseconds(ours),
    ...others.map(milliseconds),
    (clips / stepSeconds).toFixed(1),
    forward === undefined ? '' : shareOfBest(forward, stepSeconds, bestGflops),
    ours.peakMb.toFixed(0),
    ...others.map((other) => other.peakMb.toFixed(0)),
  ];
  return `| ${columns.join(' | ')} |\n`;
}

/** A step is the forward pass, and as much again by the input and by the weights. */
function shareOfBest({ all, stems }: ForwardCost, stepSeconds: number, bestGflops: number): string {
  const gflop = (2 * (3 * all - stems)) / 1e9;
  return `${((100 * gflop) / stepSeconds / bestGflops).toFixed(0)} %`;
}

function ratios(ours: Measured, other: Measured): string {
  const wall = ({ wallMs }: StepTime): number => wallMs;
  const cpu = ({ cpuMs }: StepTime): number => cpuMs;
  const fastest = (times: readonly number[]): number => Math.min(...times);
  const ratio = (of: (time: StepTime) => number, fold: (times: readonly number[]) => number): string =>
    (fold(other.times.map(of)) / fold(ours.times.map(of))).toFixed(2);
  return `**${ratio(wall, median)}** (${ratio(wall, fastest)}; CPU ${ratio(cpu, median)})`;
}

function milliseconds({ times }: Measured): string {
  const wall = times.map(({ wallMs }) => wallMs);
  return `${median(wall).toFixed(0)} (${Math.min(...wall).toFixed(0)})`;
}
