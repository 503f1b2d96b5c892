import { describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError, ApiUnreachableError } from '../../../kube/api-errors.ts';
import { directiveFor } from '../../../multigrid/directive.ts';
import { makePlan, makeProgress } from '../../../test/support/run/jobs.ts';
import { jobVersion, ScriptedJobApi } from '../../../test/support/run/scripted-job-api.ts';
import { ClusterJobLink } from './cluster-job-link.ts';
import { JobGoneError } from './job-api.ts';

const plan = makePlan(3);
const directive = (generation: number) => directiveFor(plan, 0, { generation, workers: 1, microBatch: 0 });
const never = new AbortController().signal;
const away = new ApiUnreachableError('PATCH /job/status', new Error('connect ECONNREFUSED'));

interface Scene {
  readonly api: ScriptedJobApi;
  readonly link: ClusterJobLink;
  readonly log: string[];
  readonly gone: unknown[];
  /** Every pause asked for. */
  readonly pausesMs: number[];
}

/** Pauses are a hundredth of their length. */
async function withLink(work: (scene: Scene) => Promise<void>, isReporter = true): Promise<void> {
  const api = new ScriptedJobApi();
  const log: string[] = [];
  const gone: unknown[] = [];
  const pausesMs: number[] = [];
  const say = (message: string): void => {
    log.push(message);
  };
  const link = new ClusterJobLink({
    name: 'job',
    api,
    holder: 'job-0-abcde',
    isReporter,
    onGone: (error) => gone.push(error),
    logger: { info: say, warn: say },
    now: Date.now,
    monotonicNow: () => performance.now(),
    probedMs: () => Number.NEGATIVE_INFINITY,
    sleep: (ms, signal) => {
      pausesMs.push(ms);
      return sleep(ms / 100, undefined, signal === undefined ? {} : { signal });
    },
    random: Math.random,
  });
  await work({ api, link, log, gone, pausesMs });
  await link.close(AbortSignal.abort());
}

describe("the trainer's link through the API server", () => {
  test('waits for a server that is away, says so once, and goes on when it is back', async () => {
    await withLink(async ({ api, link, log }) => {
      const waiting = link.job();
      api.willRead(away, away, away, jobVersion(3));
      expect((await waiting).metadata.resourceVersion).toBe('3');
      expect(log).toEqual([
        'the job object cannot be reached; training continues',
        'the job object is reachable again',
      ]);
    });
  });

  test('learns the next directive from the watch, from the answer to a report, and by looking again', async () => {
    await withLink(async ({ api, link }) => {
      api.willRead(jobVersion(1, { plan }));
      api.willWatch({ jobs: [jobVersion(2, { plan, directive: directive(1) })], end: '2' });
      expect(await link.nextDirective(0, 60_000, never)).toEqual(directive(1));
      api.willWrite(jobVersion(3, { plan, directive: directive(2) }));
      await link.report(makeProgress());
      expect(link.directive()).toEqual(directive(2));
      api.willRead(jobVersion(4, { plan, directive: directive(3) }));
      expect(await link.nextDirective(2, 60_000, never)).toEqual(directive(3));
      expect(await link.nextDirective(3, 20, never)).toBeNull();
    });
  });

  test('does not hold up training for a server that does not answer, and delivers in the end', async () => {
    await withLink(async ({ api, link }) => {
      await link.report(makeProgress({ iteration: 1 }));
      expect(api.written).toEqual([]);
      api.willWrite(away, jobVersion(1));
      while (api.written.length === 0) {
        await sleep(5);
      }
      expect(api.written[0]?.iteration).toBe(1);
    });
  });

  test('tells once that the job is gone, and does not try to report to it any more', async () => {
    await withLink(async ({ api, link, gone }) => {
      api.willRead(jobVersion(1));
      api.willWatch({ error: new JobGoneError('ns/job', 'was deleted') });
      while (gone.length === 0) {
        await sleep(5);
      }
      await link.report(makeProgress({ state: 'Stopped' }));
      await link.close();
      expect(gone).toHaveLength(1);
      expect(api.written).toEqual([]);
    });
  });

  test('takes the output folder from a pod as soon as the operator says that it has ended', async () => {
    await withLink(async ({ api, link }) => {
      const answers: boolean[] = [];
      const released: string[] = [];
      const taking = link.own(async (isKnownDead) => {
        const owner = { pid: 1, host: 'pod-a', started: '', token: 'a', pod: 'uid-a' };
        const unnamed = { pid: 1, host: 'pod-b', started: '', token: 'b' };
        answers.push(isKnownDead(owner));
        api.willRead(jobVersion(1, { endedPods: [{ name: 'pod-z', uid: 'uid-z' }] }));
        await link.job();
        answers.push(isKnownDead(owner));
        api.willWatch({
          jobs: [jobVersion(2, { endedPods: [{ name: 'pod-a', uid: 'uid-a' }] })],
          end: '2',
        });
        while (!isKnownDead(owner)) {
          await sleep(5);
        }
        answers.push(isKnownDead(unnamed));
        const release = (): Promise<'released'> => {
          released.push('given back');
          return Promise.resolve('released');
        };
        return { release, lost: never };
      });
      expect((await taking).lost).toBe(never);
      expect(answers).toEqual([false, false, false]);
      await link.close();
      expect(released).toEqual(['given back']);
    });
  });

  test('renews its lease again and again, also while it has nothing to say', async () => {
    await withLink(async ({ api }) => {
      while (api.renewals.length < 3) {
        await sleep(5);
      }
      expect(new Set(api.renewals)).toEqual(new Set(['job-0-abcde']));
    });
  });

  test('reports as often as life has to show where there is no lease to renew', async () => {
    await withLink(async ({ api, link, pausesMs }) => {
      api.refusal = new ApiError('PATCH lease', 404, { message: 'not found' }, null);
      while (api.renewals.length < 2) {
        await sleep(5);
      }
      api.willWrite(jobVersion(1), jobVersion(2));
      await link.report(makeProgress({ iteration: 1 }));
      pausesMs.length = 0;
      await link.report(makeProgress({ iteration: 2 }));
      while (api.written.length < 2) {
        await sleep(5);
      }
      expect(pausesMs.filter((ms) => ms > 10_000)).toEqual([]);
    });
  });

  test('lets only rank 0 speak', async () => {
    await withLink(async ({ api, link }) => {
      api.willWrite(jobVersion(1));
      await link.report(makeProgress());
      expect(api.written).toEqual([]);
      expect(api.renewals).toEqual([]);
    }, false);
  });
});
