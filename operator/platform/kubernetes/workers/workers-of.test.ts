/** What Job, pods and warnings together mean: one table of cases as a cluster shows them, and what must always hold. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { LastFailure } from '../../../../multigrid/object/job-object.ts';
import {
  at,
  job,
  pod,
  trainer,
  ended,
  waiting,
  condition,
  warning,
  look,
} from '../../../../test/support/cluster/kept-workers.ts';

describe('a pod that does not run', () => {
  const unscheduled = (reason: string, message: string) => ({
    phase: 'Pending',
    containerStatuses: [],
    ...condition('PodScheduled', 'False', reason, message),
  });
  test.each<[string, object, string, boolean]>([
    ['ErrImagePull', waiting('ErrImagePull'), 'ImagePullFailed', true],
    ['ImagePullBackOff', waiting('ImagePullBackOff'), 'ImagePullFailed', true],
    ['InvalidImageName', waiting('InvalidImageName'), 'ImagePullFailed', true],
    ['ErrImageNeverPull', waiting('ErrImageNeverPull'), 'ImagePullFailed', true],
    ['CreateContainerConfigError', waiting('CreateContainerConfigError'), 'CreateContainerError', true],
    ['RunContainerError', waiting('RunContainerError'), 'CreateContainerError', true],
    ['CrashLoopBackOff', waiting('CrashLoopBackOff'), 'CrashLoop', true],
    ['ContainerCreating', waiting('ContainerCreating'), 'ContainerCreating', false],
    ['Insufficient cpu', unscheduled('Unschedulable', '0/3 nodes: Insufficient cpu'), 'Unschedulable', true],
    [
      'a claim that is not there',
      unscheduled('Unschedulable', 'persistentvolumeclaim "clips" not found'),
      'ClaimMissing',
      true,
    ],
    [
      'a claim that is not bound',
      unscheduled('Unschedulable', 'pod has unbound immediate PersistentVolumeClaims'),
      'ClaimMissing',
      true,
    ],
    ['a gate', unscheduled('SchedulingGated', 'gated'), 'Queued', false],
  ])('because of %s has a reason', (_what, status, reason, isStuck) => {
    expect(look([pod({ status })])).toMatchObject({ state: 'starting', reason, isStuck, replicas: 1 });
  });

  test('because an init container crashes names it and shows its last words', () => {
    const terminated = { exitCode: 3, message: 'no licence' };
    const status = {
      phase: 'Pending',
      ...trainer({ waiting: { reason: 'PodInitializing' } }),
      initContainerStatuses: [{ name: 'fetch', state: { terminated } }],
    };
    expect(look([pod({ status })])).toMatchObject({
      reason: 'InitFailed',
      message: 'init container fetch exited with code 3\nno licence',
      isStuck: true,
    });
  });

  test('because a volume cannot be mounted shows what the kubelet said', () => {
    const status = waiting('ContainerCreating');
    const warnings = [warning('first-0-aaaaa', 'MountVolume.SetUp failed: secret "s" not found')];
    expect(look([pod({ status })], { warnings })).toMatchObject({
      reason: 'VolumeNotMounted',
      isStuck: true,
    });
  });

  test.each([
    ['exceeded quota: little, requested: pods=1', 'QuotaExceeded'],
    ['violates PodSecurity "restricted:latest": runAsNonRoot', 'AdmissionRefused'],
  ])('because it could not be made (%s) has a reason', (message, reason) => {
    expect(look([], { warnings: [warning('job-1', message)] })).toMatchObject({
      state: 'starting',
      reason,
      message,
      isStuck: true,
    });
  });

  test('because the Job is held waits without a deadline', () => {
    expect(look([], { of: job({ spec: { suspend: true } }) })).toMatchObject({
      reason: 'Queued',
      isHeld: true,
    });
  });
});

describe('a pod that ended', () => {
  const target = (reason: string) => condition('DisruptionTarget', 'True', reason);
  const evicted = (message: string) => ({
    ...{ ...ended(137), ...target('TerminationByKubelet') },
    reason: 'Evicted',
    message,
  });
  test.each<[string, object, object]>([
    ['at its memory limit', ended(137, 'OOMKilled'), { kind: 'failure', reason: 'OutOfMemory' }],
    [
      'by preemption',
      { ...ended(143), ...target('PreemptionByScheduler') },
      { kind: 'disruption', reason: 'Preempted' },
    ],
    [
      'by eviction',
      { ...ended(143), ...target('EvictionByEvictionAPI') },
      { kind: 'disruption', reason: 'Evicted' },
    ],
    [
      'by a full node',
      { ...ended(137), ...target('TerminationByKubelet') },
      { kind: 'disruption', reason: 'Evicted' },
    ],
    [
      'since its node needed room',
      evicted('The node was low on resource: memory. Threshold quantity: 100Mi, available: 80Mi. '),
      { kind: 'disruption', reason: 'Evicted' },
    ],
    [
      'since it used more memory than it had asked for',
      evicted('Container trainer was using 5Gi, request is 0, has larger consumption of memory. '),
      {
        kind: 'failure',
        reason: 'Evicted',
        message: expect.stringContaining('raise workers.resources.requests.memory'),
      },
    ],
    [
      'at the limit of its output',
      evicted('Usage of EmptyDir volume "output" exceeds the limit "100Ki". '),
      {
        kind: 'failure',
        reason: 'Evicted',
        message:
          'pod first-0-aaaaa: Evicted: Usage of EmptyDir volume "output" exceeds the limit "100Ki". To end this: raise the sizeLimit in spec.volumes.output, or keep the output on a volume that outlives the pod.',
      },
    ],
    [
      'at the limit of its scratch space',
      evicted('Container trainer exceeded its local ephemeral storage limit "1Gi". '),
      {
        kind: 'failure',
        reason: 'Evicted',
        message: expect.stringContaining('raise workers.resources.limits.ephemeral-storage'),
      },
    ],
    [
      'with its node',
      { ...ended(137), ...target('DeletionByPodGC') },
      { kind: 'disruption', reason: 'NodeLost' },
    ],
    [
      'unseen on a node that went away',
      ended(137, 'ContainerStatusUnknown'),
      { kind: 'disruption', reason: 'NodeLost' },
    ],
    ['with a reboot', ended(255, 'Unknown'), { kind: 'disruption', reason: 'NodeLost' }],
    ['before it began', ended(128, 'StartError'), { kind: 'failure', reason: 'CreateContainerError' }],
    [
      'refused by its node',
      { phase: 'Failed', reason: 'OutOfmemory', message: 'too little', containerStatuses: [] },
      { kind: 'disruption', reason: 'NodeRefused' },
    ],
    [
      'in an init container',
      {
        phase: 'Failed',
        ...trainer({ waiting: { reason: 'PodInitializing' } }),
        initContainerStatuses: [{ name: 'fetch', state: { terminated: { exitCode: 3 } } }],
      },
      { kind: 'failure', reason: 'InitFailed' },
    ],
  ])('%s says so', (_how, status, cause) => {
    expect(look([pod({ status })])).toMatchObject({ state: 'ended', id: 'first-0-aaaaa', cause });
  });

  test('by itself is judged by its exit code, and its last words are kept', () => {
    expect(look([pod({ status: ended(70) })])).toMatchObject({
      state: 'ended',
      exitCode: 70,
      cause: null,
      log: 'last words',
      sinceMs: Date.parse(at(2)),
      endedMs: Date.parse(at(5)),
    });
  });

  test('by eviction, of whose container nothing was found any more, has the time at which it was no longer ready', () => {
    const terminated = { exitCode: 137, reason: 'ContainerStatusUnknown', message: 'not located' };
    const ready = { type: 'Ready', status: 'False', reason: 'PodFailed', lastTransitionTime: at(90) };
    const status = {
      ...{ phase: 'Failed', reason: 'Evicted' },
      message: 'Usage of EmptyDir volume "output" exceeds the limit "100Ki". ',
      ...trainer({ terminated }),
      conditions: [ready],
    };
    expect(look([pod({ status })])).toMatchObject({
      state: 'ended',
      cause: { kind: 'failure', reason: 'Evicted' },
      endedMs: Date.parse(at(90)),
      next: { message: expect.stringContaining(at(100)) },
    });
  });

  test('and was recorded gives way to its successor, which comes when the status says', () => {
    const recorded = { pod: 'first-0-aaaaa', time: at(5) };
    const first = pod({ status: ended(70) });
    const message = `the Job controller creates the next pod at ${at(15)}, 10 s after first-0-aaaaa ended`;
    expect(look([first])).toMatchObject({
      state: 'ended',
      next: { reason: 'BackingOff', message: expect.stringContaining(message) },
    });
    expect(look([first], { recorded })).toMatchObject({
      state: 'starting',
      reason: 'BackingOff',
      message: expect.stringContaining(message),
      sinceMs: Date.parse(at(15)),
      isStuck: false,
    });
    const second = pod({ name: 'first-0-bbbbb', created: 8 });
    expect(look([first, second], { recorded })).toMatchObject({ state: 'running', id: 'first-0-bbbbb' });
  });

  test('after its successor was made names that', () => {
    const second = pod({ name: 'first-0-bbbbb', created: 8 });
    expect(look([pod({ status: ended(70) }), second])).toMatchObject({
      state: 'ended',
      id: 'first-0-aaaaa',
      next: { reason: 'Starting', message: 'pod first-0-bbbbb has replaced it' },
    });
  });

  test('by deletion says so, whether it saved in time or was killed', () => {
    for (const exitCode of [143, 137]) {
      const deleted = pod({ metadata: { deletionTimestamp: at(4) }, status: ended(exitCode) });
      expect(look([deleted])).toMatchObject({ cause: { kind: 'disruption', reason: 'PodDeleted' } });
    }
  });

  test('every one is told once, oldest first, however many ended while nobody looked', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.boolean(), (count, isRunning) => {
        const pods = Array.from({ length: count }, (_, index) =>
          pod({ name: `first-0-${index}`, created: index * 10, status: ended(70, 'Error', index * 10 + 5) }),
        );
        const live = isRunning ? [pod({ name: 'first-0-live', created: count * 10 })] : [];
        const told: string[] = [];
        let recorded: LastFailure | undefined;
        for (let turn = 0; turn <= count; turn += 1) {
          const seen = look([...live, ...pods.toReversed()], recorded === undefined ? {} : { recorded });
          if (seen.state !== 'ended') {
            break;
          }
          told.push(seen.id);
          recorded = { pod: seen.id, time: new Date(seen.endedMs).toISOString() };
        }
        expect(told).toEqual(pods.map(({ name }) => name));
      }),
    );
  });

  test('well, with all of its kind, ends the workers', () => {
    expect(look([pod({ status: ended(0, 'Completed') })])).toMatchObject({ state: 'ended', exitCode: 0 });
  });
});

describe('workers', () => {
  test('that run are ready as many as are within reach', () => {
    expect(look([pod()])).toMatchObject({ state: 'running', ready: 1, replicas: 1, trouble: null });
    const lost = [
      { type: 'ContainersReady', status: 'True', reason: '' },
      { type: 'Ready', status: 'False', reason: '' },
    ];
    expect(look([pod({ status: { conditions: lost } })])).toMatchObject({
      state: 'running',
      ready: 0,
      trouble: { reason: 'NodeLost' },
    });
  });

  test('of a Job that is going run on until the last of them is gone', () => {
    const of = job({ metadata: { deletionTimestamp: at(9) } });
    expect(look([pod()], { of })).toMatchObject({ state: 'running', isStopping: true });
    expect(look([], { of })).toMatchObject({ state: 'starting', reason: 'Stopping', isHeld: true });
    expect(look([pod()], { of: null })).toMatchObject({ state: 'running', isStopping: true });
    expect(look([], { of: null })).toEqual({ state: 'absent' });
  });

  test('of another Job before keep those of this one from counting as running', () => {
    const before = pod({
      name: 'first-0-old',
      metadata: { ownerReferences: [{ controller: true, kind: 'Job', name: 'first', uid: 'job-0' }] },
    });
    expect(look([before])).toMatchObject({ state: 'running', id: 'first-0-old', isStopping: true });
  });

  const over = (type: string, message: string) =>
    job({
      status: { conditions: [{ type, status: 'True', reason: 'R', message, lastTransitionTime: at(60) }] },
    });

  test.each(['Complete', 'Failed'])(
    'of a Job that is %s run until the news of their pods is here',
    (type) => {
      const of = over(type, 'Container trainer for pod a/b failed with exit code 65 matching FailJob rule');
      expect(look([pod()], { of })).toMatchObject({ state: 'running', isStopping: false });
    },
  );

  test('of a Job that is Complete have ended well though nobody saw their pods', () => {
    expect(look([], { of: over('Complete', 'Reached expected number of succeeded pods') })).toMatchObject({
      state: 'ended',
      exitCode: 0,
      cause: null,
      sinceMs: Date.parse(at(0)),
      endedMs: Date.parse(at(60)),
    });
  });

  test('of a Job that another try would not help have ended with the exit code that it names', () => {
    const message =
      'Container trainer for pod video/first-0-x failed with exit code 65 matching FailJob rule at index 2';
    expect(look([], { of: over('Failed', message) })).toMatchObject({ exitCode: 65, cause: null });
  });

  test('of a Job that gave up by itself have ended', () => {
    const conditions = [{ type: 'Failed', status: 'True', reason: 'DeadlineExceeded', message: 'too long' }];
    expect(look([], { of: job({ status: { conditions } }) })).toMatchObject({
      state: 'ended',
      cause: { kind: 'failure', message: 'the Job ended: too long' },
    });
  });
});
