/** The trainer's metrics, fed with events and read as Prometheus reads them. */
import { expect, test } from '@jest/globals';
import type { RunEvent, StepEvent } from '../run-folder/events.ts';
import { createTrainerMetrics } from './trainer-metrics.ts';

const step = (iteration: number): StepEvent => ({
  kind: 'step',
  seconds: iteration,
  phase: 1,
  epoch: 2.5,
  iteration,
  frames: 8,
  cropSize: 158,
  clips: 64,
  clipsPerRun: 16,
  learningRate: 0.4,
  loss: 1.25,
  top1: 0.5,
  stepMs: 800,
  dataWaitMs: 20,
  workers: { count: 2, slowest: 1, longestWaitMs: 250, dataWaitMs: [20, 10], waitMs: [250, 0] },
});
const at = { seconds: 1, phase: 1, epoch: 3, iteration: 20 };
const EVENTS: readonly RunEvent[] = [
  step(18),
  step(19),
  { kind: 'badClip', seconds: 1, iteration: 19, path: 'a.mp4', reason: 'truncated' },
  { kind: 'checkpoint', seconds: 1, iteration: 20, epoch: 3, path: 'c', bytes: 10, writeMs: 400 },
  {
    ...{ kind: 'evaluation', ...at, at: 'full', top1: 0.75, top5: 0.9, loss: 1, videos: 100, views: 1 },
    evaluationSeconds: 12,
  },
  { kind: 'phase', ...at, phase: 0, transitionMs: 90_000 },
  { kind: 'phase', ...at, phase: 2, transitionMs: 700, directiveWaitMs: 30 },
];

const LABELS = 'job_namespace="team",job_name="k400"';

async function scraped(events: readonly RunEvent[]): Promise<string> {
  const metrics = createTrainerMetrics({ job_namespace: 'team', job_name: 'k400' });
  events.forEach(metrics.observe);
  return metrics.registry.metrics();
}

test.each([
  `multigrid_trainer_iterations_total{${LABELS}} 2`,
  `multigrid_trainer_clips_total{${LABELS}} 128`,
  `multigrid_trainer_bad_clips_total{${LABELS}} 1`,
  `multigrid_trainer_phase{${LABELS}} 1`,
  `multigrid_trainer_workers{${LABELS}} 2`,
  `multigrid_trainer_slowest_rank{${LABELS}} 1`,
  `multigrid_trainer_rank_wait_seconds_total{rank="0",${LABELS}} 0.5`,
  `multigrid_trainer_epoch{${LABELS}} 2.5`,
  `multigrid_trainer_iteration{${LABELS}} 20`,
  `multigrid_trainer_frames{${LABELS}} 8`,
  `multigrid_trainer_crop_size_pixels{${LABELS}} 158`,
  `multigrid_trainer_batch_size{${LABELS}} 64`,
  `multigrid_trainer_micro_batch_size{${LABELS}} 16`,
  `multigrid_trainer_learning_rate{${LABELS}} 0.4`,
  `multigrid_trainer_loss{${LABELS}} 1.25`,
  `multigrid_trainer_top1_ratio{at="full",${LABELS}} 0.75`,
  `multigrid_trainer_step_seconds_sum{${LABELS}} 1.6`,
  `multigrid_trainer_data_wait_seconds_count{${LABELS}} 2`,
  `multigrid_trainer_checkpoint_seconds_sum{${LABELS}} 0.4`,
  `multigrid_trainer_evaluation_seconds_sum{${LABELS}} 12`,
  `multigrid_trainer_phase_transition_seconds_sum{${LABELS}} 0.7`,
  `multigrid_trainer_phase_transition_seconds_count{${LABELS}} 1`,
  `multigrid_trainer_directive_wait_seconds_sum{${LABELS}} 0.03`,
])('a scrape has %s', async (line) => {
  expect((await scraped(EVENTS)).split('\n')).toContain(line);
});

test('the number of series does not grow with the events', async () => {
  const count = async (events: readonly RunEvent[]): Promise<number> =>
    (await scraped(events)).split('\n').filter((line) => line.startsWith('multigrid_trainer_')).length;
  const many = Array.from({ length: 500 }, (_, iteration) => ({ ...step(iteration), phase: iteration % 60 }));
  expect(await count([...EVENTS, ...many])).toBe(await count(EVENTS));
});
