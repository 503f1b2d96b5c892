/**
 * compare.html: the baseline and the multigrid run of one recipe on one page that opens offline. Numbers and runs come
 * in, HTML text goes out; the compare command writes it beside compare.json.
 */
import type { Plan } from '../../multigrid/plan/types.ts';
import { scheduleChart } from '../../trainer-image/report/charts/schedule-chart.ts';
import { html, type Markup } from '../../trainer-image/report/html/markup.ts';
import {
  figure,
  manifestSection,
  page,
  section,
  table,
  tiles,
  type Tile,
} from '../../trainer-image/report/html/page.ts';
import { compareChart, type ComparedPair } from './compare-chart.ts';
import { COMPARISON_HEADS, comparisonRows, percentText, ratioText, secondsText } from './compare-rows.ts';
import type { Comparison, Spread } from './compare-runs.ts';

export interface ComparePageInput {
  /** Name of the job. */
  readonly name: string;
  readonly plan: Plan;
  readonly pairs: readonly ComparedPair[];
  readonly comparison: Comparison;
  /** Text of the manifest. */
  readonly jobYaml: string;
}

/** The whole page; it loads nothing. */
export async function renderComparison(input: ComparePageInput): Promise<string> {
  const { name, plan, pairs, comparison } = input;
  const rows = comparisonRows(comparison).map(({ what, baseline, multigrid, change }) => [
    what,
    baseline,
    multigrid,
    change,
  ]);
  return page(`${name} · multigrid against baseline`, [
    html`<header>
      <h1>${name}: multigrid against baseline</h1>
      <p class="lead">${lead(comparison)}</p>
    </header>`,
    tiles(headTiles(comparison)),
    section(
      'Accuracy over training time',
      'Centre clip of the validation videos at the full shape, evaluations left out of the time. Dotted lines: from there ' +
        "on a run stays at or above the baseline's final accuracy. In coarse phases the full shape is new to the network.",
      await figure(compareChart(pairs)),
    ),
    section('Side by side', sideNote(comparison), table([...COMPARISON_HEADS], rows)),
    comparison.pairs.length > 1 ? seedSection(comparison) : [],
    section('The multigrid schedule', 'What the same recipe becomes.', await figure(scheduleChart(plan))),
    manifestSection(input.jobYaml),
    html`<footer>Made by multigrid compare; the numbers are in compare.json beside this file.</footer>`,
  ]);
}

function lead({ pairs }: Comparison): string {
  const seeds = pairs.map((pair) => pair.seed).join(', ');
  return `One recipe trained both ways on this machine, ${pairs.length === 1 ? 'seed' : 'seeds'} ${seeds}.`;
}

function headTiles({ summary, pairs }: Comparison): readonly Tile[] {
  const { baseline, multigrid, ratios } = summary;
  const measure = pairs[0]?.measure;
  const seeds = pairs.length > 1 ? `, mean of ${pairs.length} seeds` : '';
  const faster = (ratio: Spread | null): string =>
    ratio === null ? 'not reached' : ratioText(meanOf(ratio), 'faster');
  const times = (name: 'secondsToTarget' | 'trainingSeconds'): string =>
    `${secondsText(meanOf(multigrid[name]))}; baseline ${secondsText(meanOf(baseline[name]))}`;
  const accuracy = (side: 'baseline' | 'multigrid'): Tile => ({
    name: `${measure === 'mAP' ? 'mAP' : 'Top-1'}, ${side}`,
    value: percentText(meanOf(summary[side][measure === 'mAP' ? 'mAP' : 'top1'])),
    detail: `test, all views${seeds}`,
  });
  return [
    { name: "To the baseline's accuracy", value: faster(ratios.toTarget), detail: times('secondsToTarget') },
    { name: 'Whole run', value: faster(ratios.training), detail: times('trainingSeconds') },
    accuracy('multigrid'),
    accuracy('baseline'),
  ];
}

/** A head number stands alone; its spread is in the table. */
function meanOf(spread: Spread | null): Spread | null {
  return spread === null ? null : { mean: spread.mean, sd: null };
}

function sideNote({ pairs }: Comparison): string {
  const means = pairs.length === 1 ? '' : ' Means over the seeds, ± one standard deviation.';
  return `Training time leaves evaluations out, because the two plans evaluate at different points.${means}`;
}

function seedSection({ pairs }: Comparison): Markup {
  const rows = pairs.map((pair) => [
    pair.seed,
    percentText({ mean: pair.baseline.mAP ?? pair.baseline.top1, sd: null }),
    percentText({ mean: pair.multigrid.mAP ?? pair.multigrid.top1, sd: null }),
    ratioText({ mean: pair.ratios.training, sd: null }, 'faster'),
    ratioText(pair.ratios.toTarget === null ? null : { mean: pair.ratios.toTarget, sd: null }, 'faster'),
  ]);
  return section(
    'Seed by seed',
    `${pairs[0]?.measure === 'mAP' ? 'mAP' : 'Top-1'} of the multi-view test, and how much faster multigrid was.`,
    table(['seed', 'baseline', 'multigrid', 'whole run', "to the baseline's accuracy"], rows),
  );
}
