import { expect, test } from '@jest/globals';
import { EndedPods } from './ended-pods.ts';
import { keepPod, type KeptPod } from './kept-workers.ts';

const OWNER = { controller: true, kind: 'Job', name: 'first', uid: 'job-1' };
const TIMES = { startedAt: '2026-01-01T00:00:02Z', finishedAt: '2026-01-01T00:00:05Z' };
const KILLED = { exitCode: 137, reason: 'Error', ...TIMES };

interface Change {
  readonly uid?: string;
  readonly index?: string;
  readonly owner?: object;
  readonly second?: number;
  readonly status?: object;
}

function pod({ uid = 'a', index = '0', owner = OWNER, second = 1, status = {} }: Change): KeptPod {
  const kept = keepPod({
    metadata: {
      name: `first-0-${uid}`,
      namespace: 'video',
      uid,
      creationTimestamp: `2026-01-01T00:00:0${second}Z`,
      labels: { 'training.multigrid.dev/job-name': 'first' },
      annotations: { 'batch.kubernetes.io/job-completion-index': index },
      ownerReferences: [owner],
    },
    status: { phase: 'Running', ...status },
  });
  if (kept === null) {
    throw new TypeError('a pod has a name');
  }
  return kept;
}

const trainer = (state: object): object => ({ containerStatuses: [{ name: 'trainer', state }] });
const killed = { phase: 'Failed', ...trainer({ terminated: KILLED }) };

function endedAfter(...pods: readonly KeptPod[]): readonly string[] {
  const ended = new EndedPods(2);
  for (const after of pods) {
    ended.take({ before: null, after });
  }
  return ended.of('video/first').map(({ uid }) => uid);
}

test.each<[string, object]>([
  ['failed', killed],
  ['succeeded', { phase: 'Succeeded', ...trainer({ terminated: { ...KILLED, exitCode: 0 } }) }],
])('a pod whose trainer was seen to end, and that has %s, has ended', (_how, status) => {
  expect(endedAfter(pod({ status }))).toEqual(['a']);
});

test.each<[string, object]>([
  ['still runs', trainer({ running: { startedAt: TIMES.startedAt } })],
  ['has ended while its pod has not, which may start it again', trainer({ terminated: KILLED })],
  [
    'was given up together with a node that does not answer',
    { phase: 'Failed', ...trainer({ running: { startedAt: TIMES.startedAt } }) },
  ],
  ['was never spoken of', { phase: 'Failed' }],
  [
    'was not found any more by its kubelet',
    { phase: 'Failed', ...trainer({ terminated: { ...KILLED, reason: 'ContainerStatusUnknown' } }) },
  ],
  [
    'ended while its runtime did not look',
    { phase: 'Failed', ...trainer({ terminated: { ...KILLED, reason: 'Unknown', exitCode: 255 } }) },
  ],
  [
    'has no time of its end',
    { phase: 'Failed', ...trainer({ terminated: { exitCode: 137, reason: 'Error' } }) },
  ],
])('a pod whose trainer %s may still write', (_how, status) => {
  expect(endedAfter(pod({ status }))).toEqual([]);
});

test('other workers hold no lock', () => {
  expect(endedAfter(pod({ status: killed, index: '1' }))).toEqual([]);
});

test('a pod that vanishes is remembered, the newest few, by when they were made', () => {
  const ended = new EndedPods(2);
  const made = [
    pod({ uid: 'c', second: 3, status: killed }),
    pod({ uid: 'a', second: 1, status: killed }),
    pod({ uid: 'b', second: 2, status: killed }),
  ];
  for (const before of made) {
    ended.take({ before, after: null });
  }
  expect(ended.of('video/first')).toEqual([
    { name: 'first-0-b', uid: 'b' },
    { name: 'first-0-c', uid: 'c' },
  ]);
  ended.forget('video/first');
  expect(ended.of('video/first')).toEqual([]);
});

test.each<[string, object]>([
  ['nobody', {}],
  ['an owner that is not its controller', { ...OWNER, controller: false }],
  ['another kind of object', { ...OWNER, kind: 'ReplicaSet' }],
  ['a Job of another name', { ...OWNER, name: 'second' }],
])('a pod that has the labels and index of a worker and belongs to %s is none', (_whom, owner) => {
  const forged = pod({ owner, status: killed });
  expect(forged.ownerUid).toBe('');
  expect(endedAfter(forged)).toEqual([]);
});
