/** The tables of a report: phases, most confused pairs, clips that could not be read. Numbers in, Markup out. Pure. */
import { groupsOf } from '../../multigrid/plan/groups.ts';
import type { Phase, Plan } from '../../multigrid/plan/types.ts';
import type { PhaseResult, RunEvent, RunResult } from '../run-folder/events.ts';
import { compact, duration, percent, quantity } from './format.ts';
import { html, type Markup, type Part } from './html/markup.ts';
import { section, table } from './html/page.ts';

const PHASE_HEADS = [
  'phase',
  'epochs',
  'frames',
  'crop',
  'batch',
  'LR',
  'batch norm',
  'iterations',
  'time',
  'clips/s',
  'data wait',
];

/** @param results Of the phases that have begun; the others show dashes. */
export function phaseTable(plan: Plan, results: readonly PhaseResult[]): Markup {
  const resultOf = new Map(results.map((result) => [result.index, result]));
  const hasPrecision = results.some(({ mAP }) => mAP !== undefined);
  return table(
    [...PHASE_HEADS, hasPrecision ? 'mAP' : 'top-1'],
    plan.phases.map((phase) => [...planned(phase), ...measured(resultOf.get(phase.index))]),
  );
}

function planned(phase: Phase): readonly Part[] {
  const iterations = (phase.endEpoch - phase.startEpoch) * phase.iterationsPerEpoch;
  return [
    phase.index + 1,
    `${phase.startEpoch}–${phase.endEpoch}`,
    phase.frames,
    distinctText(phase.shortCycle.map((shape) => shape.cropSize)),
    distinctText(phase.shortCycle.map((shape) => shape.globalBatch)),
    compact(phase.learningRate),
    groupsText(groupsOf(phase)),
    quantity(iterations),
  ];
}

function measured(result: PhaseResult | undefined): readonly Part[] {
  if (result === undefined) {
    return ['–', '–', '–', '–'];
  }
  return [
    duration(result.seconds),
    quantity(result.clipsPerSecond),
    percent(result.dataWaitRatio),
    result.top1 === null ? '–' : percent(result.mAP ?? result.top1),
  ];
}

function distinctText(values: readonly number[]): string {
  return [...new Set(values)].join(' · ');
}

function groupsText(groups: number): string {
  return groups === 1 ? 'plain' : `${groups} groups`;
}

/** Most pairs shown; the rest is in result.json. */
const MOST_PAIRS = 8;

/** The pairs of classes that are taken for each other most often; nothing when there are no mistakes. */
export function confusedPairs(confusion: RunResult['confusion'], names: readonly string[]): Part {
  const nameOf = (label: number): string => names[label] ?? String(label);
  const pairs = confusion
    .flatMap((row, truth) => row.map((count, guess) => ({ truth, guess, count })))
    .filter(({ truth, guess, count }) => truth !== guess && count > 0)
    .toSorted((a, b) => b.count - a.count || a.truth - b.truth || a.guess - b.guess);
  if (pairs.length === 0) {
    return [];
  }
  const rows = pairs
    .slice(0, MOST_PAIRS)
    .map(({ truth, guess, count }) => [nameOf(truth), nameOf(guess), count]);
  return html`<details>
    <summary>Most frequent mistakes</summary>
    ${table(['true class', 'taken for', 'videos'], rows)}
  </details>`;
}

/** The shapes whose steps did not fit into memory and how they are run since; nothing when all did. */
export function memorySection(events: readonly RunEvent[]): Part {
  const reduced = events.filter((event) => event.kind === 'microBatch');
  const shapes = Map.groupBy(reduced, ({ clips, frames, cropSize }) => `${clips} × ${frames} × ${cropSize}²`);
  if (reduced.length === 0) {
    return [];
  }
  const rows = [...shapes].map(([shape, group]) => {
    const { iteration, clipsPerRun, lanes, recomputes } = group.at(-1)!;
    return [shape, iteration, clipsPerRun, lanes, recomputes ? 'computed twice' : 'kept'];
  });
  return section(
    'Memory',
    'Steps that did not fit into memory and were run in smaller micro-batches; their numbers are the same.',
    table(['clips × frames × crop', 'from iteration', 'clips per run', 'runs at once', 'activations'], rows),
  );
}

/** Most files named; the rest is in metrics.jsonl. */
const MOST_FILES = 20;

/** The files that could not be read and why; nothing when all could. */
export function badClipSection(events: readonly RunEvent[]): Part {
  const bad = events.filter((event) => event.kind === 'badClip');
  if (bad.length === 0) {
    return [];
  }
  const byFile = [...Map.groupBy(bad, (event) => `${event.path}\n${event.reason}`).values()].toSorted(
    (a, b) => b.length - a.length,
  );
  const rows = byFile.slice(0, MOST_FILES).map((group) => [group[0]!.path, group[0]!.reason, group.length]);
  const rest = byFile.length - rows.length;
  return section(
    'Bad clips',
    `Clips that could not be read and were replaced: ${bad.length}${rest > 0 ? `; ${rest} more files are in metrics.jsonl` : ''}.`,
    table(['file', 'reason', 'times'], rows),
  );
}
