/**
 * The operator behind a bad line to a real API server: watches that are cut, versions that are too old, requests that are
 * refused, lost, delayed or never answered, a server that restarts or stands still. Whatever happens, every job ends up
 * as if nothing had.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { numberAt, textAt } from '../../multigrid/json/fields.ts';
import { startControlPlane, whyNoControlPlane, type ControlPlane } from '../cluster/cluster.ts';
import { waitUntil } from '../cluster/control-plane/wait-until.ts';
import { installCrd } from '../support/cluster/install-crd.ts';
import { Admin } from '../support/cluster/admin.ts';
import { clusterJob, JobProbe } from '../support/cluster/cluster-job.ts';
import { FaultProxy, type Fault, type SeenRequest } from '../support/cluster/fault-proxy.ts';
import { DirectiveRecord, everyPhaseOnce, liveWhole, type LifeHooks } from '../support/cluster/job-life.ts';
import { TestOperator } from '../support/cluster/test-operator.ts';

const describeIfPossible = whyNoControlPlane() === null ? describe : describe.skip;
const PHASES = 10;
/** The other watches are back long before. */
const LATE_MS = 3000;
const isRunning = (pod: unknown): boolean => textAt(pod, 'status', 'phase') === 'Running';

describeIfPossible('an operator behind a bad line', () => {
  let cluster: ControlPlane;
  let admin: Admin;
  let line: FaultProxy;
  let operator: TestOperator;
  let namespaces = 0;

  beforeAll(async () => {
    cluster = await startControlPlane({
      fakeNodes: { count: 2 },
    });
    admin = new Admin(cluster);
    await installCrd(cluster);
    line = await FaultProxy.start(cluster.kubeconfigPath);
    operator = TestOperator.start({ kubeconfigPath: line.kubeconfigPath, watchSeconds: 3 });
  });

  afterEach(() => {
    line.rule = null;
  });

  afterAll(async () => {
    await operator.stop();
    await line.stop();
    await admin.close();
    await cluster.down();
  });

  async function create(name = 'first'): Promise<{ job: JobProbe; record: DirectiveRecord }> {
    namespaces += 1;
    const space = await admin.namespace(`line-${namespaces}`);
    const job = await JobProbe.create(admin, space, clusterJob(name));
    const version = textAt(await job.read(), 'metadata', 'resourceVersion') ?? '';
    return { job, record: new DirectiveRecord(admin, job, version) };
  }

  async function livesAsIfNothingWas(
    { job, record }: Awaited<ReturnType<typeof create>>,
    hooks: LifeHooks = {},
  ): Promise<void> {
    await liveWhole(admin, job, hooks);
    expect(await record.end()).toEqual(everyPhaseOnce(PHASES));
    expect(await job.pods()).toHaveLength(1);
    expect(await job.statusField('restarts')).toBeUndefined();
  }

  test('whose watches are cut again and again misses nothing', async () => {
    const cutting = setInterval(() => {
      line.cutWatches();
    }, 150);
    try {
      await livesAsIfNothingWas(await create());
    } finally {
      clearInterval(cutting);
    }
  });

  test.each<[string, Fault]>([
    [
      'as the answer',
      { kind: 'answer', status: 410, body: { code: 410, reason: 'Expired', message: 'too old' } },
    ],
    [
      'as an event',
      {
        kind: 'answer',
        status: 200,
        body: { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' } },
      },
    ],
  ])('whose version is too old, told %s, lists anew', async (_how, tooOld) => {
    let left = 6;
    line.rule = ({ isWatch }) => {
      left -= isWatch ? 1 : 0;
      return isWatch && left >= 0 ? tooOld : null;
    };
    line.cutWatches();
    await livesAsIfNothingWas(await create());
    expect(left).toBeLessThanOrEqual(0);
  });

  test.each<[string, readonly Fault[]]>([
    ['refused for overload', [{ kind: 'answer', status: 429, headers: { 'retry-after': '1' } }]],
    [
      'answered by errors of the server',
      [
        { kind: 'answer', status: 500 },
        { kind: 'answer', status: 503 },
      ],
    ],
    ['answered by a proxy in prose', [{ kind: 'answer', status: 502, body: ['<html>'] }]],
    ['cut', [{ kind: 'cut' }]],
    ['done and their answers lost', [{ kind: 'lose-answer' }]],
    ['refused as conflicts', [{ kind: 'answer', status: 409 }]],
    ['slow', [{ kind: 'delay', ms: 400 }]],
    [
      'everything at once',
      [{ kind: 'cut' }, { kind: 'lose-answer' }, { kind: 'answer', status: 429 }, { kind: 'delay', ms: 300 }],
    ],
  ])('of whose requests a third are %s does nothing twice', async (_how, faults) => {
    let count = 0;
    // Reads never conflict.
    const isConflict = faults.some((fault) => fault.kind === 'answer' && fault.status === 409);
    line.rule = ({ isWatch, method }) => {
      count += 1;
      const isMeant = !isWatch && (!isConflict || method !== 'GET');
      return isMeant && count % 3 === 0 ? (faults[Math.floor(count / 3) % faults.length] ?? null) : null;
    };
    await livesAsIfNothingWas(await create());
  });

  test.each(['pods', 'jobs', 'multigridtrainingjobs'])(
    'that hears of the end of all but the %s does not judge it before it has',
    async (resource) => {
      const isLate = ({ path, method }: SeenRequest): boolean =>
        method === 'GET' && path.endsWith(`/${resource}`);
      const beforeEnd = (): void => {
        line.rule = (request) => (isLate(request) ? { kind: 'answer', status: 503 } : null);
        line.cutWatches();
      };
      const late = Promise.withResolvers<undefined>();
      const afterEnd = (): void => {
        setTimeout(() => {
          line.rule = null;
          late.resolve(undefined);
        }, LATE_MS);
      };
      await livesAsIfNothingWas(await create(), { beforeEnd, afterEnd });
      await late.promise;
    },
    180_000,
  );

  test('hears of a dead line by itself', async () => {
    const { job, record } = await create();
    await job.pod(isRunning);
    await job.report({ state: 'Training', generation: 1 });
    await job.shows('Running=True WorkersReady');
    line.rule = ({ isWatch }) => (isWatch ? { kind: 'hang' } : null);
    line.cutWatches();
    await sleep(1000);
    line.rule = null;
    // The watches opened meanwhile hang for good; nothing but their silence tells.
    await job.report({ state: 'Waiting', generation: 1, phase: 0 });
    await job.shows('PhaseTransition=True PhaseBorder');
    await record.end();
  });

  test('goes on after the API server was restarted', async () => {
    const life = await create();
    await life.job.pod(isRunning);
    await life.record.end();
    await cluster.restartApiServer();
    await liveWhole(admin, life.job);
    expect(await life.job.pods()).toHaveLength(1);
  });

  test('goes on after the API server stood still', async () => {
    const life = await create();
    await life.job.pod(isRunning);
    await cluster.pauseApiServer();
    await sleep(8000);
    await cluster.resumeApiServer();
    await livesAsIfNothingWas(life);
  });

  test('writes nothing while nothing happens', async () => {
    const { job, record } = await create();
    await job.pod(isRunning);
    await job.report({ state: 'Training', generation: 1 });
    await job.shows('Running=True WorkersReady');
    await waitUntil(
      async () => (numberAt(await admin.get(job.indexedJobPath), 'status', 'ready') === 1 ? true : null),
      { what: 'the Job to have counted its pod', timeoutMs: 120_000 },
    );
    // Of this job: others of this suite may still have something to say.
    const namespace = textAt(await job.read(), 'metadata', 'namespace') ?? '';
    const writesIn = async (ms: number): Promise<readonly string[]> => {
      const before = line.seen.length;
      await sleep(ms);
      return line.seen
        .slice(before)
        .filter(({ method, path }) => method !== 'GET' && path.includes(`/namespaces/${namespace}/`))
        .map(({ method, path }) => `${method} ${path}`);
    };
    let last: readonly string[] = [];
    await waitUntil(
      async () => {
        last = await writesIn(2000);
        return last.length === 0 ? true : null;
      },
      { what: 'the operator to have written all', timeoutMs: 60_000, seen: () => last.join(', ') },
    );
    expect(await writesIn(4000)).toEqual([]);
    await record.end();
  });
});
