import { expect, test } from '@jest/globals';
import type { StepEvent, WorkersOfStep } from '../run-folder/events.ts';
import { html } from './html/markup.ts';
import { workersSection } from './workers-section.ts';

function step(iteration: number, workers?: WorkersOfStep): StepEvent {
  return {
    ...{ kind: 'step', seconds: iteration, phase: 0, epoch: 0, iteration, frames: 8, cropSize: 64, clips: 8 },
    ...{ learningRate: 0.1, loss: 2, top1: 0, stepMs: 100, dataWaitMs: 0 },
    ...(workers === undefined ? {} : { workers }),
  };
}

/** The text of its cells, by row. */
function rowsOf(events: readonly StepEvent[]): readonly (readonly string[])[] {
  const { text } = html`${workersSection(events)}`;
  return [...text.matchAll(/<tr>(.*?)<\/tr>/gs)]
    .map(([, row = '']) => [...row.matchAll(/<td[^>]*>(.*?)<\/td>/gs)].map(([, cell = '']) => cell))
    .filter((cells) => cells.length > 0);
}

test('a report says of every worker how often it was the slowest and what it waited for', () => {
  const two = { count: 2, longestWaitMs: 40 };
  const events = [
    step(0, { ...two, slowest: 1, dataWaitMs: [0, 10], waitMs: [40, 0] }),
    step(1, { ...two, slowest: 1, dataWaitMs: [0, 10], waitMs: [40, 0] }),
    step(2, { count: 64, slowest: 7, longestWaitMs: 25 }),
  ];
  expect(rowsOf(events)).toEqual([
    ['2', '2', '0', '0.0 %', '0.0 %', '40.0 %'],
    ['', '', '1', '100.0 %', '10.0 %', '0.0 %'],
    ['64', '1', 'the one that waits longest', '–', '–', '25.0 %'],
  ]);
});

test('a report of one worker does not speak of workers', () => {
  expect(workersSection([step(0)])).toEqual([]);
});
