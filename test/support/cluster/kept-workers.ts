/**
 * Jobs, pods and warnings as the operator keeps them, for tests of what they together mean. In come changes to one Job
 * with one pod that trains, out comes what the cache would hold.
 */
import type { LastFailure } from '../../../multigrid/object/job-object.ts';
import {
  keepIndexedJob,
  keepPod,
  keepWarning,
  type KeptIndexedJob,
  type KeptPod,
  type KeptWarning,
} from '../../../operator/platform/kubernetes/cache/kept-workers.ts';
import type { Workers } from '../../../operator/platform/platform.ts';
import { workersOf } from '../../../operator/platform/kubernetes/workers/workers-of.ts';

export const NOW_MS = Date.parse('2026-01-01T01:00:00Z');
export const at = (second: number): string =>
  new Date(Date.parse('2026-01-01T00:00:00Z') + second * 1000).toISOString();

/** An Indexed Job of one pod, changed in one place by each test. */
export function job(
  change: { readonly metadata?: object; readonly spec?: object; readonly status?: object } = {},
): KeptIndexedJob | null {
  return keepIndexedJob({
    metadata: {
      name: 'first',
      namespace: 'video',
      uid: 'job-1',
      creationTimestamp: at(0),
      labels: { 'training.multigrid.dev/job-name': 'first' },
      ownerReferences: [{ controller: true, kind: 'MultigridTrainingJob', name: 'first', uid: 'training-1' }],
      ...change.metadata,
    },
    spec: { completions: 1, ...change.spec },
    status: { startTime: at(0), ...change.status },
  });
}

interface PodChange {
  readonly name?: string;
  readonly created?: number;
  readonly metadata?: object;
  readonly status?: object;
}

/** Its pod, whose trainer runs. */
export function pod({
  name = 'first-0-aaaaa',
  created = 1,
  metadata = {},
  status = {},
}: PodChange = {}): KeptPod {
  const kept = keepPod({
    metadata: {
      name,
      namespace: 'video',
      uid: name,
      creationTimestamp: at(created),
      labels: { 'training.multigrid.dev/job-name': 'first' },
      ownerReferences: [{ controller: true, kind: 'Job', name: 'first', uid: 'job-1' }],
      ...metadata,
    },
    spec: { nodeName: 'node-1' },
    status: { phase: 'Running', ...running(), ...status },
  });
  if (kept === null) {
    throw new TypeError('a pod has a name');
  }
  return kept;
}

export const trainer = (state: object): object => ({ containerStatuses: [{ name: 'trainer', state }] });
const running = (): object => trainer({ running: { startedAt: at(2) } });
export const ended = (exitCode: number, reason = 'Error', second = 5): object => ({
  phase: exitCode === 0 ? 'Succeeded' : 'Failed',
  ...trainer({
    terminated: { exitCode, reason, message: 'last words', startedAt: at(2), finishedAt: at(second) },
  }),
});
export const waiting = (reason: string, message = 'in words'): object => ({
  phase: 'Pending',
  ...trainer({ waiting: { reason, message } }),
});
export const condition = (type: string, status: string, reason: string, message = 'in words'): object => ({
  conditions: [{ type, status, reason, message }],
});

export function warning(uid: string, message: string): KeptWarning {
  const kept = keepWarning({
    metadata: { name: 'w', namespace: 'video' },
    involvedObject: { uid, name: 'first' },
    lastTimestamp: at(9),
    message,
  });
  if (kept === null) {
    throw new TypeError('a warning has a name');
  }
  return kept;
}

/** What is to be seen of the workers at `NOW_MS`. */
export function look(
  pods: readonly KeptPod[],
  {
    recorded,
    of = job(),
    warnings = [],
  }: {
    readonly recorded?: LastFailure;
    readonly of?: KeptIndexedJob | null;
    readonly warnings?: readonly KeptWarning[];
  } = {},
): Workers {
  const warningsAbout = (uid: string) => warnings.filter(({ objectUid }) => objectUid === uid);
  return workersOf({ job: of, pods, warningsAbout, specHash: null }, recorded, NOW_MS);
}
