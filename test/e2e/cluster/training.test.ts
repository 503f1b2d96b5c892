/**
 * Training on a real Kubernetes, on real nodes: pods of the real image, led by the real operator. One run is left alone;
 * the others lose their operator, the API server or their pod, and have to end with the very same trace of losses.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, jest, test as alone } from '@jest/globals';
import type { StoredJob } from '../../../multigrid/object/job-object.ts';
import type { RunEvent } from '../../../trainer-image/run-folder/events.ts';
import { readResult } from '../../../trainer-image/run-folder/result-file.ts';
import { whyNoNodes } from '../../cluster/cluster.ts';
import { waitUntil } from '../../cluster/control-plane/wait-until.ts';
import { killTrainer } from '../../support/cluster/kill-trainer.ts';
import { groundOn } from '../../soak/in-cluster/in-cluster.ts';
import { soak } from '../../soak/soak.ts';
import {
  planOf,
  TrainingCluster,
  type JobPod,
  type SmallSpec,
} from '../../support/cluster/training-cluster.ts';

/** At once, in as many pods; what takes away a node, or the operator that others are done with, too. */
const test = alone.concurrent;
const describeOnNodes = whyNoNodes() === null ? describe : describe.skip;
/** On two cores that others use as well. */
const RUN_TIMEOUT_MS = 900_000;
const OUTAGE_MS = 60_000;
const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';

// Longer than all that one test waits for.
jest.setTimeout(2_400_000);

function phasesOf(events: readonly RunEvent[]): readonly number[] {
  return events.flatMap((event) => (event.kind === 'phase' ? [event.phase] : []));
}

function lossesOf(events: readonly RunEvent[]): readonly number[] {
  return events.flatMap((event) => (event.kind === 'step' ? [event.loss] : []));
}

function iterationsOf(events: readonly RunEvent[]): readonly number[] {
  return events.flatMap((event) => (event.kind === 'step' ? [event.iteration] : []));
}

const HOSTNAME = 'kubernetes.io/hostname';

/** Of a pod that runs nowhere else. */
function on(node: string): object {
  return { nodeSelector: { [HOSTNAME]: node } };
}

/** Of a pod that runs elsewhere when its node is gone. */
function preferring(node: string): object {
  const preference = { matchExpressions: [{ key: HOSTNAME, operator: 'In', values: [node] }] };
  return {
    affinity: {
      nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, preference }] },
    },
  };
}

const withPod =
  (template: object) =>
  (spec: SmallSpec): void => {
    spec.workers = { ...spec.workers, template };
  };

describeOnNodes('training in pods', () => {
  let place: TrainingCluster;
  /** Nothing happens to this node. */
  let kept: string;
  /** Crashes, and is cut off; the pods of other tests are not there. */
  let lost: string;
  let calmRun: Promise<StoredJob> | null = null;

  beforeAll(async () => {
    place = await TrainingCluster.start(2);
    [kept = '', lost = ''] = place.cluster.nodes;
  });

  afterAll(() => place.down());

  /** What every run has to leave, whatever it went through. */
  async function expectWholeRun(name: string): Promise<readonly RunEvent[]> {
    const plan = planOf(await place.job(name));
    const events = await place.events(name);
    expect(iterationsOf(events)).toEqual([...Array(plan.iterations).keys()]);
    expect(phasesOf(events)).toEqual([...Array(plan.phases).keys()]);
    const result = await readResult(join(place.output(name), 'result.json'));
    expect(result?.planHash).toBe(plan.hash);
    return events;
  }

  /** The run that nothing disturbs. */
  function calm(): Promise<StoredJob> {
    calmRun ??= place.apply('calm', withPod(on(kept))).then(() => place.complete('calm', RUN_TIMEOUT_MS));
    return calmRun;
  }

  async function expectCalmLosses(name: string): Promise<void> {
    await calm();
    expect(lossesOf(await expectWholeRun(name))).toEqual(lossesOf(await place.events('calm')));
  }

  function nextPod(name: string, before: string | undefined): Promise<JobPod> {
    return waitUntil(
      async () =>
        (await place.pods(name)).find((pod) => pod.name !== before && pod.phase === 'Running') ?? null,
      { what: `a pod of ${name} after ${before}`, timeoutMs: RUN_TIMEOUT_MS },
    );
  }

  async function sayHowLong(name: string, when: string): Promise<void> {
    const resumeMs = await place.resumeMs((await place.pods(name)).at(-1)?.name ?? '');
    process.stderr.write(`${when}, from its start to going on: ${resumeMs} ms\n`);
  }

  describe('side by side', () => {
    test('goes through every phase in one pod, led by the operator, which learned the number of clips from it', async () => {
      const job = await calm();
      const events = await expectWholeRun('calm');
      const { status } = job;
      expect(status?.progress).toMatchObject({
        state: 'Finished',
        trainingClips: 64,
        unattended: false,
        percent: 100,
      });
      // One directive a phase: the last one acknowledged is the last phase's.
      expect(status?.progress?.generation).toBe(planOf(job).phases);
      expect(await place.pods('calm')).toMatchObject([{ phase: 'Succeeded' }]);
      expect(await readFile(join(place.output('calm'), 'report.html'), 'utf8')).toContain('calm');
      const waits = events.flatMap((event) =>
        event.kind === 'phase' && event.phase > 0 ? [Math.round(event.directiveWaitMs ?? NaN)] : [],
      );
      process.stderr.write(`from border to directive: ${waits.join(', ')} ms\n`);
    });

    test('loses nothing when its pod is deleted, and no more than the steps since the last checkpoint when it is killed outright', async () => {
      await place.apply('replaced', withPod(on(kept)));
      await place.waitForEvent('replaced', 'some steps', ({ kind }) => kind === 'checkpoint');
      const [first] = await place.pods('replaced');
      await place.cluster.kubectl(['delete', 'pod', first?.name ?? '']);
      const done = iterationsOf(await place.events('replaced')).length;
      expect(done).toBeGreaterThan(0);
      const second = await nextPod('replaced', first?.name);
      await place.waitForEvent(
        'replaced',
        'a step in the second pod',
        (event) => event.kind === 'step' && event.iteration >= done,
      );
      await place.cluster.kubectl(['delete', 'pod', second.name, '--grace-period=0', '--force']);
      const job = await place.complete('replaced', RUN_TIMEOUT_MS);
      await expectCalmLosses('replaced');
      // Neither was a failure of the job.
      expect(job.status?.restarts ?? 0).toBe(0);
      await sayHowLong('replaced', 'after its pod was deleted by force');
    });

    test('goes on in the next pod after its trainer was killed like for want of memory', async () => {
      await place.apply('killed', withPod(on(kept)));
      await place.waitForEvent('killed', 'a checkpoint', ({ kind }) => kind === 'checkpoint');
      await killTrainer((await place.pods('killed')).at(0)?.uid ?? '');
      const job = await place.complete('killed', RUN_TIMEOUT_MS);
      await expectCalmLosses('killed');
      expect(job.status?.restarts).toBe(1);
      await sayHowLong('killed', 'after its trainer was killed');
    });

    test('goes on elsewhere when its node has crashed and is said to be out of service', async () => {
      await place.apply('moved', withPod(preferring(lost)));
      await place.waitForEvent('moved', 'a checkpoint', ({ kind }) => kind === 'checkpoint');
      expect(await place.pods('moved')).toMatchObject([{ node: lost }]);
      await place.cluster.crashNode(lost);
      // What an administrator does, or the cloud: without it nobody can know that the pod does not live on.
      await place.cluster.kubectl(['taint', 'node', lost, `${OUT_OF_SERVICE}=nodeshutdown:NoExecute`]);
      try {
        const job = await place.complete('moved', RUN_TIMEOUT_MS);
        await expectCalmLosses('moved');
        expect((await place.pods('moved')).at(-1)?.node).not.toBe(lost);
        await sayHowLong('moved', 'after its node crashed');
        expect(job.status?.restarts ?? 0).toBe(0);
      } finally {
        await place.cluster.kubectl(['taint', 'node', lost, `${OUT_OF_SERVICE}-`]);
        await place.cluster.reviveNode(lost);
      }
    });
  });

  describe('out of reach', () => {
    test('goes on in a pod whose node is cut off for a while', async () => {
      // The test cluster gives up on nodes after seconds; a real one does after five minutes.
      const tolerations = ['unreachable', 'not-ready'].map((taint) => ({
        ...{ key: `node.kubernetes.io/${taint}`, operator: 'Exists', effect: 'NoExecute' },
        tolerationSeconds: 300,
      }));
      await place.apply('parted', withPod({ tolerations, ...on(lost) }));
      await place.waitForEvent('parted', 'the first phase', ({ kind }) => kind === 'step');
      const [pod] = await place.pods('parted');
      await place.cluster.partition(lost);
      try {
        await place.waitForEvent(
          'parted',
          'a phase without directive',
          (event) => event.kind === 'phase' && event.phase === 2,
        );
      } finally {
        await place.cluster.heal(lost);
      }
      await place.complete('parted', RUN_TIMEOUT_MS);
      await expectCalmLosses('parted');
      expect(await place.pods('parted')).toMatchObject([{ name: pod?.name }]);
    });

    test('goes on while the operator is gone for a whole phase, and is led again when it is back', async () => {
      // The other one needs the operator no more.
      await place.waitForEvent('parted', 'the first phase', ({ kind }) => kind === 'step');
      await place.apply('unled', withPod(on(kept)));
      await place.waitForEvent('unled', 'the first phase', ({ kind }) => kind === 'step');
      await place.killOperator();
      await place.waitForEvent(
        'unled',
        'the third phase',
        (event) => event.kind === 'phase' && event.phase === 2,
      );
      place.startOperator();
      const job = await place.complete('unled', RUN_TIMEOUT_MS);
      await expectCalmLosses('unled');
      expect(job.status?.progress?.unattended).toBe(false);
      expect(await place.pods('unled')).toHaveLength(1);
    });
  });

  alone('goes on while the API server is away for a minute', async () => {
    await place.apply('offline');
    await place.waitForEvent('offline', 'the first phase', ({ kind }) => kind === 'step');
    await place.cluster.stopApiServer();
    try {
      const stepsBefore = iterationsOf(await place.events('offline')).length;
      await sleep(OUTAGE_MS);
      await place.waitForEvent(
        'offline',
        'a step without the API server',
        (event) => event.kind === 'step' && event.iteration >= stepsBefore,
      );
    } finally {
      await place.cluster.startApiServer();
    }
    const job = await place.complete('offline', RUN_TIMEOUT_MS);
    await expectCalmLosses('offline');
    expect(job.status?.restarts ?? 0).toBe(0);
    // The pod itself may be gone by now: its node was not heard of for a minute, and this cluster gives up nodes fast.
    const made = 'involvedObject.kind=Job,involvedObject.name=offline,reason=SuccessfulCreate';
    const events = await place.cluster.kubectl(['get', 'events', '--field-selector', made, '-o', 'name']);
    expect(events.trim().split('\n')).toHaveLength(1);
  });

  alone(
    'leaves the same model to the byte when what it stands on is taken away again and again',
    async () => {
      const lines: string[] = [];
      const faults = ['api-server-gone', 'api-server-frozen', 'pods-job-deleted'];
      const outcome = await soak(groundOn(place), {
        ...{ seed: 11, rounds: faults.length, roundsPerSeries: faults.length, faults },
        times: { stopMs: 5000, awayMs: 5000 },
        print: (line) => {
          lines.push(line);
          process.stderr.write(`${line}\n`);
        },
      });
      expect({ outcome, lines }).toMatchObject({ outcome: { rounds: 3, equal: 3 } });
    },
  );
});
