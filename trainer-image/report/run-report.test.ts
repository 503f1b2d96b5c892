import { expect, test } from '@jest/globals';
import { sampleBaseline, sampleRun } from '../../test/support/sample-run.ts';
import { renderReport, type ReportInput } from './run-report.ts';

const run = sampleRun();
const input: ReportInput = {
  name: 'moving-digits',
  plan: run.plan,
  events: run.events,
  result: run.result,
  jobYaml: 'kind: MultigridTrainingJob\n',
  classNames: run.result.classNames ?? [],
  pretrained: null,
};

/** Anything that a browser would go and fetch. */
const FETCHES = /\b(src|href|action|data|poster)\s*=\s*["']|@import|url\(|<script|<link|<iframe|<object/i;

test('stands alone: it fetches nothing, and its own policy forbids it', async () => {
  const page = await renderReport(input);
  expect(page).not.toMatch(FETCHES);
  expect(page).toContain("default-src 'none'");
  expect(page.match(/https?:\/\/[^"' <]+/g)?.filter((url) => !url.startsWith('http://www.w3.org/'))).toEqual(
    [],
  );
});

test('draws every chart for wide and for narrow pages, with no number missing', async () => {
  const page = await renderReport(input);
  const drawings = page.match(/<svg[^>]*class="marks"[\s\S]*?<\/svg>/g) ?? [];
  expect(drawings).toHaveLength(2 * 5);
  for (const drawing of drawings) {
    expect(drawing).not.toMatch(/NaN|undefined|Infinity|null/);
  }
});

test('says the numbers of the result', async () => {
  const page = await renderReport(input);
  for (const text of ['99.2 %', '98.8 %', '2 min', 'slowfast-small, seed 1', '3.6×', run.plan.hash]) {
    expect(page).toContain(text);
  }
});

test('shows nothing of a run as a tag', async () => {
  const evil = '<img src=x onerror=alert(1)>';
  const page = await renderReport({
    ...input,
    name: evil,
    jobYaml: evil,
    classNames: input.classNames.map(() => evil),
    result: { ...run.result, model: evil },
  });
  expect(page).not.toContain('<img');
  expect(page).not.toContain('<b>.mp4');
  expect(page).toContain('&lt;img');
});

test('shows a run that is not finished as far as it is', async () => {
  const half = run.events.slice(0, run.events.length / 3);
  const page = await renderReport({ ...input, events: half, result: null });
  expect(page).toContain('Not finished yet');
  expect(page).toContain('Top-1 so far');
  expect(page).not.toContain('Confusion matrix');
});

test('shows the plan alone before the first step', async () => {
  const page = await renderReport({ ...input, events: [], result: null });
  expect(page).toContain('Grid schedule');
  expect(page).not.toContain('Speed by phase');
});

test('shows a baseline run without a saving', async () => {
  const baseline = sampleBaseline();
  const page = await renderReport({ ...input, ...baseline });
  expect(page).toContain('98.');
  expect(page).not.toMatch(/NaN|undefined/);
});

test('stays small however long the run is', async () => {
  const step = run.events.find((event) => event.kind === 'step')!;
  const long = Array.from({ length: 40_000 }, (_, i) => ({ ...step, iteration: i, seconds: i / 10 }));
  const page = await renderReport({ ...input, events: long });
  expect(page.length).toBeLessThan(1_000_000);
});

test('says which weights the run started from, and what did not come from them', async () => {
  expect(await renderReport(input)).not.toContain('Pretrained weights');
  const page = await renderReport({
    ...input,
    pretrained: {
      path: '<b>weights.safetensors',
      sha256: 'c0ffee',
      names: 'pyslowfast',
      loaded: 318,
      tensors: 320,
      inflated: [],
      newHead: ['head.weight', 'head.bias'],
      newHeadReason: 'the file has none',
      missing: [],
      misfits: [],
      unused: Array.from({ length: 14 }, (_, index) => `ema.${index}`),
    },
  });
  expect(page).toContain(
    '318 of 320 tensors came from &lt;b&gt;weights.safetensors, with the names of pyslowfast',
  );
  expect(page).toContain('The classifier is new: the file has none.');
  expect(page).toContain('ema.11 and 2 more');
  expect(page).toContain('c0ffee');
});
