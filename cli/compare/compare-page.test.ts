import { expect, test } from '@jest/globals';
import { sampleBaseline, sampleRun } from '../../test/support/sample-run.ts';
import type { ComparedPair } from './compare-chart.ts';
import { renderComparison } from './compare-page.ts';
import { comparisonRows, ratioText } from './compare-rows.ts';
import { compareRuns, summarizePairs } from './compare-runs.ts';
import { comparisonTable } from './compare-table.ts';

function pairOf(seed: number): ComparedPair {
  const baseline = sampleBaseline(seed);
  const multigrid = sampleRun(seed);
  return { baseline, multigrid, comparison: compareRuns(baseline, multigrid) };
}

async function pageOf(pairs: readonly ComparedPair[], name = 'digits'): Promise<string> {
  const comparison = summarizePairs(pairs.map((pair) => pair.comparison));
  return renderComparison({ name, plan: sampleRun().plan, pairs, comparison, jobYaml: 'kind: x' });
}

test('shows both runs on a page that fetches nothing', async () => {
  const page = await pageOf([pairOf(1)]);
  expect(page).toContain('97.9 %');
  expect(page).toContain('99.2 %');
  expect(page).toMatch(/3\.\d\d× faster/);
  expect(page).not.toMatch(/\b(src|href)=|<script|url\(|NaN|undefined|Infinity/);
  expect(page).not.toContain('Seed by seed');
});

test('lists the seeds when there are several', async () => {
  expect(await pageOf([pairOf(1), pairOf(2)])).toContain('Seed by seed');
});

test('shows a run that never reaches the baseline as such', async () => {
  const pair = pairOf(1);
  const poor = { ...pair.multigrid, events: pair.multigrid.events.filter((event) => event.kind === 'step') };
  const comparison = compareRuns(pair.baseline, poor);
  const page = await pageOf([{ ...pair, multigrid: poor, comparison }]);
  expect(page).toContain('not reached');
  expect(page).not.toMatch(/NaN|undefined|Infinity/);
});

test('shows no name as a tag', async () => {
  expect(await pageOf([pairOf(1)], '<script>x</script>')).not.toContain('<script>x');
});

test('prints one line for each number, columns under their heads', () => {
  const comparison = summarizePairs([pairOf(1).comparison]);
  const lines = comparisonTable(comparisonRows(comparison)).trimEnd().split('\n');
  expect(lines).toHaveLength(1 + comparisonRows(comparison).length);
  const ends = lines.map((line) => line.length);
  expect(new Set(ends).size).toBe(1);
  expect(lines[1]).toMatch(/^top-1, test, all views +97\.9 % +99\.2 % +\+1\.3 points$/);
});

test.each([
  [{ mean: 4.2, sd: null }, '4.20× faster'],
  [{ mean: 4.2, sd: 0.31 }, '4.20× ± 0.31 faster'],
  [{ mean: 0.5, sd: null }, '2.00× slower'],
  [null, '–'],
])('says the ratio %j as %s', (ratio, text) => {
  expect(ratioText(ratio, 'faster')).toBe(text);
});
