import { expect, test } from '@jest/globals';
import { sampleBaseline, sampleRun } from '../../../test/support/sample-run.ts';
import { drawSvg, NARROW, WIDE } from './draw.ts';
import { scheduleChart } from './schedule-chart.ts';

const { plan } = sampleRun();

function textsOf(svg: string): readonly string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]+)<\/text>/g)].map((match) => match[1]!);
}

test('labels every phase with its batch, frames and crop, and the axis with its borders', async () => {
  const texts = textsOf(await drawSvg(scheduleChart(plan), WIDE));
  for (const phase of plan.phases) {
    for (const number of [phase.globalBatch, phase.frames, phase.cropSize, phase.endEpoch]) {
      expect(texts).toContain(String(number));
    }
  }
  expect(texts).toEqual(expect.arrayContaining(['clips per step', 'learning rate', '0.01']));
});

test('leaves out numbers that do not fit on a narrow page', async () => {
  const wide = textsOf(await drawSvg(scheduleChart(plan), WIDE));
  const narrow = textsOf(await drawSvg(scheduleChart(plan), NARROW));
  expect(narrow.length).toBeLessThan(wide.length);
});

test('is the same text every time, so that a committed picture can be compared', async () => {
  const [first, second] = [
    await drawSvg(scheduleChart(plan), WIDE),
    await drawSvg(scheduleChart(plan), WIDE),
  ];
  expect(first).toBe(second);
});

test('draws a cosine that ends at zero, and a plan of one shape', async () => {
  const { plan: baseline } = sampleBaseline();
  const schedule = {
    ...baseline.learningRateSchedule,
    policy: 'cosine',
    borders: [0],
    factors: [1],
  } as const;
  const svg = await drawSvg(scheduleChart({ ...baseline, learningRateSchedule: schedule }), WIDE);
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
});
