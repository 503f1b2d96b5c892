import { describe, expect, test } from '@jest/globals';
import { ApiError } from '../../../kube/api-errors.ts';
import { summarizePlan } from '../../../multigrid/plan/plan-summary.ts';
import { hashOfPlan } from '../../../multigrid/plan/plan.ts';
import { sha256Hex } from '../../../storage/sha256.ts';
import { makePlan } from '../../../test/support/run/jobs.ts';
import { jobVersion, ScriptedJobApi } from '../../../test/support/run/scripted-job-api.ts';
import { KnownJob } from '../known-job.ts';
import { readPlan } from './read-plan.ts';

const drawn = makePlan(3);
const plan = { ...drawn, hash: hashOfPlan(drawn, sha256Hex) };
const planSummary = summarizePlan(plan, 1300);
const never = new AbortController().signal;
const missing = new ApiError('GET /plan', 404, { message: 'not found' }, null);

interface Scene {
  readonly api: ScriptedJobApi;
  readonly known: KnownJob;
  readonly errors: string[];
  readonly pausesMs: number[];
  readonly read: (signal?: AbortSignal) => Promise<unknown>;
}

function scene(): Scene {
  const api = new ScriptedJobApi();
  const known = new KnownJob();
  const errors: string[] = [];
  const pausesMs: number[] = [];
  const options = {
    api,
    known,
    onError: (error: unknown) => errors.push(String(error)),
    sleep: (ms: number) => {
      pausesMs.push(ms);
      return Promise.resolve();
    },
  };
  return { api, known, errors, pausesMs, read: (signal = never) => readPlan(options, signal) };
}

describe('the plan of a trainer in a cluster', () => {
  test('is read when the job speaks of it, and asked for again until it is there', async () => {
    const { api, known, errors, pausesMs, read } = scene();
    const reading = read();
    known.learn(jobVersion(1));
    known.learn(jobVersion(2, { planSummary }));
    api.willReadPlan(missing, missing, JSON.parse(JSON.stringify(plan)));
    expect(await reading).toEqual(plan);
    expect(pausesMs).toEqual([250, 500]);
    // The operator writes it after the status, which is no trouble.
    expect(errors).toEqual([]);
  });

  test('that stays away, or is another one, is told of and waited for', async () => {
    const { api, known, errors, read } = scene();
    known.learn(jobVersion(1, { planSummary }));
    api.willReadPlan(missing, missing, missing, missing, { ...plan, epochs: 1 }, plan);
    expect(await read()).toEqual(plan);
    const message = `PlanMissingError: no ControllerRevision holds the job's plan ${plan.hash.slice(0, 12)}; the operator puts it back`;
    expect(errors).toEqual([message, message]);
  });

  test('is in the job where an operator before this one has put it, and no request is made', async () => {
    const { api, known, read } = scene();
    known.learn(jobVersion(1, { plan }));
    expect(await read()).toEqual(plan);
    expect(api.calls).toEqual([]);
  });

  test('is not waited for any more when the trainer is to end', async () => {
    const { known, read } = scene();
    const stop = new AbortController();
    const reasons = [jobVersion(1), jobVersion(2, { planSummary })].map(async (job) => {
      known.learn(job);
      return read(stop.signal).catch((error: unknown) => error);
    });
    stop.abort('told to end');
    expect(await Promise.all(reasons)).toEqual(['told to end', 'told to end']);
  });
});
