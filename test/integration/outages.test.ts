/**
 * The operator behind a bad line to a real API server: watches that are cut, versions that are too old, requests that are
 * refused, lost, delayed or never answered, a server that restarts or stands still. Whatever happens, every job ends up
 * as if nothing had.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test as alone } from '@jest/globals';
import { numberAt, textAt } from '../../multigrid/json/fields.ts';
import { whyNoControlPlane } from '../cluster/cluster.ts';
import { waitUntil } from '../cluster/control-plane/wait-until.ts';
import type { JobProbe } from '../support/cluster/cluster-job.ts';
import { FaultProxy, type Fault, type SeenRequest } from '../support/cluster/fault-proxy.ts';
import { DirectiveRecord, everyPhaseOnce, liveWhole, type LifeHooks } from '../support/cluster/job-life.ts';
import { JobCluster } from '../support/cluster/job-cluster.ts';
import { TestOperator } from '../support/cluster/test-operator.ts';

/** Each test has a namespace of its own, so that what they wait for takes its time at once. */
const test = alone.concurrent;
const describeIfPossible = whyNoControlPlane() === null ? describe : describe.skip;
const PHASES = 10;
/** The other watches are back long before. */
const LATE_MS = 3000;

/** An operator of its own for one namespace, behind a line of its own, and a job there. */
interface Place {
  readonly line: FaultProxy;
  readonly job: JobProbe;
  readonly record: DirectiveRecord;
}

describeIfPossible('an operator behind a bad line', () => {
  let ground: JobCluster;

  beforeAll(async () => {
    ground = await JobCluster.start(2);
  });

  afterAll(() => ground.down());

  /** @param spoil - what the line suffers from before there is a job */
  async function withOperator(
    spoil: (line: FaultProxy) => void,
    work: (place: Place) => Promise<void>,
  ): Promise<void> {
    const space = await ground.namespace();
    const line = await FaultProxy.start(ground.cluster.kubeconfigPath);
    const { kubeconfigPath } = line;
    const operator = TestOperator.start({ kubeconfigPath, watchSeconds: 3, config: { namespaces: [space] } });
    try {
      await waitUntil(() => Promise.resolve(operator.operator.isLeading ? true : null), {
        what: 'the operator to be at work',
        timeoutMs: 120_000,
      });
      spoil(line);
      const job = await ground.createJob({}, space);
      const version = textAt(await job.read(), 'metadata', 'resourceVersion') ?? '';
      await work({ line, job, record: new DirectiveRecord(ground.admin, job, version) });
    } finally {
      line.rule = null;
      await operator.stop();
      await line.stop();
    }
  }

  async function livesAsIfNothingWas({ job, record }: Place, hooks: LifeHooks = {}): Promise<void> {
    await liveWhole(ground.admin, job, hooks);
    expect(await record.end()).toEqual(everyPhaseOnce(PHASES));
    expect(await job.pods()).toHaveLength(1);
    expect(await job.statusField('restarts')).toBeUndefined();
  }

  const good = (): void => undefined;

  test('whose watches are cut again and again misses nothing', async () => {
    await withOperator(good, async (place) => {
      const cutting = setInterval(() => {
        place.line.cutWatches();
      }, 150);
      try {
        await livesAsIfNothingWas(place);
      } finally {
        clearInterval(cutting);
      }
    });
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
    const spoil = (line: FaultProxy): void => {
      line.rule = ({ isWatch }) => {
        left -= isWatch ? 1 : 0;
        return isWatch && left >= 0 ? tooOld : null;
      };
      line.cutWatches();
    };
    await withOperator(spoil, livesAsIfNothingWas);
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
    const spoil = (line: FaultProxy): void => {
      line.rule = ({ isWatch, method }) => {
        count += 1;
        const isMeant = !isWatch && (!isConflict || method !== 'GET');
        return isMeant && count % 3 === 0 ? (faults[Math.floor(count / 3) % faults.length] ?? null) : null;
      };
    };
    await withOperator(spoil, livesAsIfNothingWas);
  });

  test.each(['pods', 'jobs', 'multigridtrainingjobs'])(
    'that hears of the end of all but the %s does not judge it before it has',
    async (resource) => {
      const isLate = ({ path, method }: SeenRequest): boolean =>
        method === 'GET' && path.endsWith(`/${resource}`);
      await withOperator(good, async (place) => {
        const { line } = place;
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
        await livesAsIfNothingWas(place, { beforeEnd, afterEnd });
        await late.promise;
      });
    },
  );

  test('hears of a dead line by itself', async () => {
    await withOperator(good, async ({ line, job, record }) => {
      await job.pod();
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
  });

  test('writes nothing while nothing happens', async () => {
    await withOperator(good, async ({ line, job, record }) => {
      await job.pod();
      await job.report({ state: 'Training', generation: 1 });
      await job.shows('Running=True WorkersReady');
      await waitUntil(
        async () =>
          numberAt(await ground.admin.get(job.indexedJobPath), 'status', 'ready') === 1 ? true : null,
        { what: 'the Job to have counted its pod', timeoutMs: 120_000 },
      );
      const writesIn = async (ms: number): Promise<readonly string[]> => {
        const before = line.seen.length;
        await sleep(ms);
        return line.seen
          .slice(before)
          .filter(({ method }) => method !== 'GET')
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

  // Those before were at once; these take the API server away from everybody.
  alone('goes on after the API server was restarted', async () => {
    await withOperator(good, async ({ job, record }) => {
      await job.pod();
      await record.end();
      await ground.cluster.restartApiServer();
      await liveWhole(ground.admin, job);
      expect(await job.pods()).toHaveLength(1);
    });
  });

  alone('goes on after the API server stood still', async () => {
    await withOperator(good, async (place) => {
      await place.job.pod();
      await ground.cluster.pauseApiServer();
      await sleep(8000);
      await ground.cluster.resumeApiServer();
      await livesAsIfNothingWas(place);
    });
  });
});
