import { describe, expect, test } from '@jest/globals';
import { keepPod, type KeptPod } from '../cache/kept-workers.ts';
import { isOutOfReach, isVouchedFor } from './reach.ts';

interface PodChange {
  readonly isProbed?: boolean;
  readonly isReady?: boolean;
  readonly state?: object;
  /** Of the pod as a whole; another container may have a part in it. */
  readonly conditions?: Readonly<Record<string, string>>;
}

function pod({
  isProbed = true,
  isReady = true,
  state = RUNNING,
  conditions = WELL,
}: PodChange = {}): KeptPod {
  const probe = isProbed ? { readinessProbe: { httpGet: { path: '/healthz' } } } : {};
  const kept = keepPod({
    metadata: { name: 'first-0-aaaaa', namespace: 'video' },
    spec: {
      containers: [
        { name: 'proxy', readinessProbe: {} },
        { name: 'trainer', ...probe },
      ],
    },
    status: {
      phase: 'Running',
      conditions: Object.entries(conditions).map(([type, status]) => ({ type, status })),
      containerStatuses: [
        { name: 'proxy', ready: false, state: RUNNING },
        { name: 'trainer', ready: isReady, state },
      ],
    },
  });
  if (kept === null) {
    throw new TypeError('a pod has a name');
  }
  return kept;
}

const RUNNING = { running: { startedAt: '2026-01-01T00:00:00Z' } };
const WELL = { ContainersReady: 'True', Ready: 'True' };
const UNREADY = { ContainersReady: 'False', Ready: 'False' };
/** As the node controller leaves pods of a node that does not answer. */
const NODE_LOST = { ContainersReady: 'True', Ready: 'False' };

describe('a kubelet vouches for a trainer', () => {
  test('that it probes and that answers, whatever runs beside it', () => {
    expect(isVouchedFor(pod())).toBe(true);
    expect(isVouchedFor(pod({ conditions: UNREADY }))).toBe(true);
  });

  test.each<[string, PodChange]>([
    ['that nobody probes', { isProbed: false }],
    ['that has not answered yet, or no longer does', { isReady: false, conditions: UNREADY }],
    ['that has ended', { state: { terminated: { exitCode: 0 } } }],
    ['whose node is out of reach', { conditions: NODE_LOST }],
  ])('but for none %s', (_which, change) => {
    expect(isVouchedFor(pod(change))).toBe(false);
  });
});

test('a node is out of reach only when the cluster says so, not when a container does not answer', () => {
  expect(isOutOfReach(pod({ conditions: NODE_LOST }))).toBe(true);
  expect(isOutOfReach(pod({ isReady: false, conditions: UNREADY }))).toBe(false);
  expect(isOutOfReach(pod({ conditions: {} }))).toBe(false);
});
