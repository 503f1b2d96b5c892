/**
 * report.html: one run on one page that opens anywhere, offline. The plan, the events and the result come in, HTML text
 * goes out; write-run-report.ts reads the three from a run's folder. An unfinished run gets the same page as far as it is.
 */
import type { Plan } from '../../multigrid/plan/types.ts';
import { accuracyChart } from './charts/accuracy-chart.ts';
import { confusionChart, confusionView } from './charts/confusion-chart.ts';
import { lossChart } from './charts/loss-chart.ts';
import { ratesChart } from './charts/rates-chart.ts';
import { scheduleChart } from './charts/schedule-chart.ts';
import type { RunEvent, RunResult } from '../run-folder/events.ts';
import { duration } from './format.ts';
import { headlineName } from './headline.ts';
import { html, type Markup } from './html/markup.ts';
import { figure, manifestSection, page, section, tiles } from './html/page.ts';
import type { PretrainedRecord } from '../run-folder/pretrained-file.ts';
import { pretrainedSection } from './pretrained-section.ts';
import { badClipSection, confusedPairs, memorySection, phaseTable } from './report-tables.ts';
import { headTiles } from './report-tiles.ts';
import { summarizePhases } from './run-summary.ts';
import { workersSection } from './workers-section.ts';

export interface ReportInput {
  /** Name of the job. */
  readonly name: string;
  readonly plan: Plan;
  readonly events: readonly RunEvent[];
  /** Null while the run is not finished. */
  readonly result: RunResult | null;
  /** Text of the manifest, shown at the end of the page. */
  readonly jobYaml: string;
  /** Class names in label order; labels without one are shown as numbers. */
  readonly classNames: readonly string[];
  /** Null for a run that started from random values. */
  readonly pretrained: PretrainedRecord | null;
}

/** The whole page. It loads nothing: charts, style and numbers are inside. */
export async function renderReport(input: ReportInput): Promise<string> {
  const { name, plan, events, result } = input;
  const phases = summarizePhases(plan.phases, events);
  const hasSteps = phases.length > 0;
  return page(`${name} · multigrid training report`, [
    html`<header>
      <h1>${name}</h1>
      <p class="lead">${lead(input)}</p>
    </header>`,
    tiles(headTiles(plan, events, result)),
    section(
      'Grid schedule',
      'Coarse shapes train first, on large batches; each turn of the long cycle ends at the full shape. Teeth inside a ' +
        'phase are the shapes of the short cycle in their order, not single iterations.',
      await figure(scheduleChart(plan)),
    ),
    hasSteps
      ? [
          section(
            'Accuracy',
            'Compare at the end, not on the way: in coarse phases the network has not seen the full shape, so its accuracy ' +
              'there is low and jumps at borders.',
            await figure(accuracyChart(plan, events)),
          ),
          section(
            'Loss',
            'Mean of short stretches of steps; the band reaches from the lowest to the highest step of each.',
            await figure(lossChart(plan, events)),
          ),
          section('Speed by phase', speedNote(events), await figure(ratesChart(phases))),
        ]
      : [],
    result === null || result.confusion.length === 0 ? [] : await confusionSection(result, input.classNames),
    section(
      'Phases',
      `What the plan asked for and what each phase took; ${headlineName(events)} at its end, full shape, centre clip.`,
      phaseTable(plan, phases),
    ),
    workersSection(events),
    pretrainedSection(input.pretrained),
    memorySection(events),
    badClipSection(events),
    manifestSection(input.jobYaml),
    html`<footer>
      Plan ${plan.hash}. Made by multigrid from metrics.jsonl and result.json beside this file.
    </footer>`,
  ]);
}

function lead({ plan, result }: ReportInput): string {
  if (result === null) {
    return `Not finished yet: a plan of ${plan.phases.length} phases over ${plan.epochs} epochs.`;
  }
  return `${result.model}, seed ${result.seed}: ${plan.phases.length} phases over ${plan.epochs} epochs.`;
}

function speedNote(events: readonly RunEvent[]): string {
  const transitions = events.filter((event) => event.kind === 'phase').map((event) => event.transitionMs);
  const small = 'Small shapes pass more clips per second.';
  return transitions.length === 0
    ? small
    : `${small} The longest change of phase took ${duration(Math.max(...transitions) / 1000)}, evaluation and ` +
        'checkpoint included.';
}

async function confusionSection(result: RunResult, classNames: readonly string[]): Promise<Markup> {
  const view = confusionView(result.confusion);
  const shown =
    view.labels.length < view.classes
      ? `The ${view.labels.length} classes with the most mistakes of ${view.classes}. `
      : '';
  return section(
    'Confusion matrix',
    `${shown}Test videos, all views: rows are the true class, columns the guess, strength the share of the row.`,
    [
      await figure(confusionChart(result.confusion, view, classNames)),
      confusedPairs(result.confusion, classNames),
    ],
  );
}
