/** The part of a report on several workers: what each of them waited for. Events in, Markup out. Pure. */
import type { RunEvent, StepEvent, WorkersOfStep } from '../run-folder/events.ts';
import { percent } from './format.ts';
import type { Part } from './html/markup.ts';
import { section, table } from './html/page.ts';

type SharedStep = StepEvent & { readonly workers: WorkersOfStep };

/** Nothing for a run of one worker. */
export function workersSection(events: readonly RunEvent[]): Part {
  const steps = events.filter((event): event is SharedStep => event.kind === 'step' && 'workers' in event);
  if (steps.length === 0) {
    return [];
  }
  const byCount = [...Map.groupBy(steps, ({ workers }) => workers.count)];
  return section(
    'Workers',
    'Shares of the time of all steps: waiting for clips, and waiting for the slowest worker of the step.',
    table(
      ['workers', 'iterations', 'rank', 'slowest in', 'data wait', 'waiting for others'],
      byCount.flatMap(([count, group]) => rowsOf(count, group)),
    ),
  );
}

function rowsOf(count: number, steps: readonly SharedStep[]): readonly (readonly Part[])[] {
  const stepMs = sum(steps, (step) => step.stepMs);
  const share = (ofStep: (step: SharedStep) => number): string => percent(sum(steps, ofStep) / stepMs);
  const isListed = steps.every(({ workers }) => workers.waitMs !== undefined);
  const first = [count, steps.length];
  if (!isListed) {
    return [
      [...first, 'the one that waits longest', '–', '–', share(({ workers }) => workers.longestWaitMs)],
    ];
  }
  return Array.from({ length: count }, (_, rank) => [
    ...(rank === 0 ? first : ['', '']),
    rank,
    percent(steps.filter(({ workers }) => workers.slowest === rank).length / steps.length),
    share(({ workers }) => workers.dataWaitMs?.[rank] ?? 0),
    share(({ workers }) => workers.waitMs?.[rank] ?? 0),
  ]);
}

function sum(steps: readonly SharedStep[], ofStep: (step: SharedStep) => number): number {
  return steps.reduce((total, step) => total + ofStep(step), 0);
}
