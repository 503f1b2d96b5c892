/** Who knows how many clips there are. */
import { expect, test } from '@jest/globals';
import {
  observation,
  progressNow,
  RUNNING,
  type ObservationChange,
} from '../../../test/support/run/observations.ts';
import type { Workers } from '../platform.ts';
import { clipCountOf } from './clip-count.ts';

const VOLUMES = { volumes: { data: { emptyDir: {} }, output: { emptyDir: {} } } };
const ABSENT: Workers = { state: 'absent' };

function count(change: ObservationChange, workers: Workers = ABSENT) {
  const { job } = observation({ spec: VOLUMES, ...change });
  return clipCountOf(job, workers);
}

function planReady(status: 'True' | 'False' | 'Unknown', observedGeneration: number) {
  const at = '2026-01-01T00:00:00Z';
  return [
    { type: 'PlanReady', status, observedGeneration, reason: 'r', message: '', lastTransitionTime: at },
  ];
}

test('nobody, where the job does not say where its data is and its results go', () => {
  const unknown = count({ spec: { volumes: { data: { emptyDir: {} }, output: {} } } });
  expect(unknown).toMatchObject({ kind: 'unknown', reason: 'VolumesMissing', retryAfterMs: null });
  const neither = count({ spec: {} });
  expect(neither.kind === 'unknown' && neither.message).toContain(
    'spec.volumes.data and spec.volumes.output',
  );
});

test('the manifest, where it says so', () => {
  const data = { train: 't', val: 'v', jitterScales: [66, 76], flip: false, clips: 7 };
  expect(count({ spec: { ...VOLUMES, data } })).toEqual({ kind: 'known', clips: 7 });
});

test('the workers, once they have counted and not because others before them did', () => {
  expect(count({})).toEqual({ kind: 'counted-by-workers' });
  expect(count({}, RUNNING)).toEqual({ kind: 'counted-by-workers' });
  const counted = { status: { progress: progressNow({ trainingClips: 64 }) } };
  expect(count(counted, RUNNING)).toEqual({ kind: 'known', clips: 64 });
  const before = progressNow({ trainingClips: 64, heartbeat: '2025-01-01T00:00:00Z' });
  expect(count({ status: { progress: before } }, RUNNING)).toEqual({ kind: 'counted-by-workers' });
});

test('the count outlives the workers where it made a plan that must not be run, until the spec changes', () => {
  const progress = progressNow({ trainingClips: 4 });
  const at = (generation: number) =>
    count({ status: { progress, conditions: planReady('False', generation) } });
  expect(at(3)).toEqual({ kind: 'known', clips: 4 });
  expect(at(2)).toEqual({ kind: 'counted-by-workers' });
});
