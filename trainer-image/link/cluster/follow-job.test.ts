import { describe, expect, test } from '@jest/globals';
import { jobVersion, ScriptedJobApi } from '../../../test/support/run/scripted-job-api.ts';
import { followJob } from './follow-job.ts';
import { ApiRequestError, JobGoneError } from './job-api.ts';

interface Scene {
  readonly api: ScriptedJobApi;
  readonly versions: string[];
  readonly errors: unknown[];
  readonly pauses: number[];
  readonly following: Promise<void>;
  readonly until: (isDone: () => boolean) => Promise<void>;
}

/** Time passes only in pauses, and in watches where the script says so. */
async function follow(prepare: (api: ScriptedJobApi) => void, work: (scene: Scene) => Promise<void>) {
  const api = new ScriptedJobApi();
  prepare(api);
  const scene = { versions: new Array<string>(), errors: new Array<unknown>(), pauses: new Array<number>() };
  const stop = new AbortController();
  let nowMs = 0;
  const following = followJob(
    api,
    {
      onJob: ({ metadata }) => scene.versions.push(metadata.resourceVersion ?? ''),
      onReached: () => undefined,
      onError: (error) => scene.errors.push(error),
      monotonicNow: () => (nowMs += 2000),
      sleep: (ms) => {
        scene.pauses.push(ms);
        return Promise.resolve();
      },
      random: () => 1,
    },
    stop.signal,
  );
  const until = async (isDone: () => boolean): Promise<void> => {
    while (!isDone()) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await work({ api, ...scene, following, until });
  stop.abort();
  await following.catch(() => undefined);
}

const away = new ApiRequestError('reading the job', null, 'connect ECONNREFUSED');

describe('following a job', () => {
  test('goes on from where the watch ended, without reading again', async () => {
    await follow(
      (api) => {
        api.willRead(jobVersion(5));
        api.willWatch(
          { jobs: [jobVersion(6), jobVersion(7)], end: '9' },
          { jobs: [jobVersion(10)], end: '10' },
        );
      },
      async ({ api, versions, until }) => {
        await until(() => api.calls.length === 4);
        expect(api.calls).toEqual(['read', 'watch 5', 'watch 9', 'watch 10']);
        expect(versions).toEqual(['5', '6', '7', '10']);
      },
    );
  });

  test('reads again when its place in the stream is not known any more', async () => {
    await follow(
      (api) => {
        api.willRead(jobVersion(5), jobVersion(50));
        api.willWatch({ end: null });
      },
      async ({ api, until }) => {
        await until(() => api.calls.length === 4);
        expect(api.calls).toEqual(['read', 'watch 5', 'read', 'watch 50']);
      },
    );
  });

  test('waits longer from failure to failure, up to ten seconds, and begins anew after a success', async () => {
    await follow(
      (api) => {
        api.willRead(...Array.from({ length: 8 }, () => away), jobVersion(5), away);
        api.willWatch({ end: null });
      },
      async ({ pauses, errors, until }) => {
        await until(() => errors.length === 9);
        expect(pauses.slice(0, 8)).toEqual([250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
        await until(() => pauses.length === 9);
        expect(pauses.at(-1)).toBe(250);
      },
    );
  });

  test('ends with the job', async () => {
    await follow(
      (api) => {
        api.willRead(jobVersion(5));
        api.willWatch({ error: new JobGoneError('ns/job', 'was deleted') });
      },
      async ({ following }) => {
        await expect(following).rejects.toBeInstanceOf(JobGoneError);
      },
    );
  });
});
