import { describe, expect, test } from '@jest/globals';
import { makeManifestSpec, makeStoredJob } from '../../../../test/support/run/jobs.ts';
import { readJob } from '../../../../multigrid/api/read-job.ts';
import { indexedJobOf } from '../../../workers/job.ts';
import { keepPod, type KeptPod } from '../cache/kept-workers.ts';
import { nextPodOf } from './next-pod.ts';

const SECOND_MS = 1000;
const at = (second: number): string =>
  new Date(Date.parse('2026-01-01T00:00:00Z') + second * SECOND_MS).toISOString();
const secondsOf = (ms: number | undefined): number => ((ms ?? Number.NaN) - Date.parse(at(0))) / SECOND_MS;

function failed(second: number, exitCode = 70, status: object = {}): KeptPod {
  const terminated = { exitCode, reason: 'Error', startedAt: at(0), finishedAt: at(second) };
  const kept = keepPod({
    metadata: {
      name: `first-0-${second}`,
      namespace: 'video',
      uid: String(second),
      creationTimestamp: at(0),
    },
    status: { phase: 'Failed', containerStatuses: [{ name: 'trainer', state: { terminated } }], ...status },
  });
  if (kept === null) {
    throw new TypeError('a pod has a name');
  }
  return kept;
}

const times = (count: number): readonly KeptPod[] =>
  Array.from({ length: count }, (_, index) => failed(index));

describe('the next pod', () => {
  test('of a Job that has had none has no time', () => {
    expect(nextPodOf({ failed: 0 }, [])).toBeNull();
  });

  test.each([
    [1, 10],
    [2, 20],
    [3, 40],
    [6, 320],
    [7, 600],
    [30, 600],
  ])('after %i failures comes %i s after the last', (count, delay) => {
    expect(secondsOf(nextPodOf({ failed: 0 }, times(count))?.dueMs)).toBe(count - 1 + delay);
  });

  test('counts failures of pods that are no longer there', () => {
    expect(secondsOf(nextPodOf({ failed: 3 }, times(1))?.dueMs)).toBe(40);
  });

  test.each([
    ['was disrupted', failed(9, 137, { conditions: [{ type: 'DisruptionTarget', status: 'True' }] })],
    ['saved its state when it was asked to end', failed(9, 143)],
  ])('comes at once when the last %s', (_how, last) => {
    expect(nextPodOf({ failed: 3 }, [...times(3), last])).toMatchObject({
      dueMs: Date.parse(at(9)),
      message: expect.stringContaining('now'),
    });
  });

  test('is told by the rules that the Job was given', () => {
    const stored = makeStoredJob('first', makeManifestSpec());
    const child = indexedJobOf({ ...stored, spec: readJob(stored) }, { trainerImage: 'trainer:test' });
    expect(child['spec']).toMatchObject({
      podReplacementPolicy: 'Failed',
      podFailurePolicy: {
        rules: [
          { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
          { action: 'Ignore', onExitCodes: { containerName: 'trainer', operator: 'In', values: [143] } },
          { action: 'FailJob' },
        ],
      },
    });
  });
});
