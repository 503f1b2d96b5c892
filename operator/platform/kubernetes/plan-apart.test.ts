import { describe, expect, test } from '@jest/globals';
import { readJob } from '../../../multigrid/api/read-job.ts';
import type { JobStatus } from '../../../multigrid/api/job.ts';
import { directiveFor } from '../../../multigrid/directive.ts';
import { planTraining } from '../../../multigrid/plan/plan.ts';
import { summarizePlan } from '../../../multigrid/plan/plan-summary.ts';
import type { Plan } from '../../../multigrid/plan/types.ts';
import { asVersion1 } from '../../../multigrid/plan/version-1.ts';
import { sha256Hex } from '../../../storage/sha256.ts';
import { makeManifestSpec, makeProgress, makeStoredJob } from '../../../test/support/run/jobs.ts';
import { planObjectsOf } from '../../workers/plan-object.ts';
import type { TrainingJob } from '../platform.ts';
import { keepChild, type KeptChild } from './cache/kept-child.ts';
import { withoutPlan, withPlan } from './plan-apart.ts';

const CLIPS = 1300;

function job(status: JobStatus, spec: object = {}): TrainingJob {
  const stored = makeStoredJob('first', makeManifestSpec(spec));
  return { ...stored, spec: readJob(stored), status };
}

const plan = planTraining(job({}).spec, CLIPS, sha256Hex);
const otherPlan = planTraining(job({}).spec, 2 * CLIPS, sha256Hex);
const directive = directiveFor(plan, 0, { generation: 1, workers: 1, microBatch: 0 });
const planSummary = summarizePlan(plan, CLIPS);
const counted = makeProgress({ trainingClips: CLIPS });

/** What the cache has of the object that is made for a plan. */
function found(stored: Plan): KeptChild | null {
  const [child] = planObjectsOf(job({ plan: stored }));
  return keepChild({ ...child, metadata: { ...child?.metadata, resourceVersion: '7' } });
}

describe('the plan of a job in a cluster', () => {
  test('is taken from the object beside the job', () => {
    const stored = { planSummary: summarizePlan(plan, null), directive };
    expect(withPlan(job(stored), found(plan))?.status).toEqual({ ...stored, plan });
  });

  test('is read once from each object that the cache has', () => {
    const stored = job({ planSummary: summarizePlan(plan, null), directive });
    const child = found(plan);
    const first = withPlan(stored, child)?.status?.plan;
    expect(first).toEqual(plan);
    expect(withPlan(stored, child)?.status?.plan).toBe(first);
    expect(withPlan(stored, found(plan))?.status?.plan).not.toBe(first);
  });

  test.each<[string, KeptChild | null]>([
    ['is gone', null],
    ['holds another plan', found(otherPlan)],
    ['holds something else', found({ ...plan, epochs: 1 })],
  ])('is made again when that object %s', (_how, child) => {
    expect(withPlan(job({ planSummary, directive }), child)?.status?.plan).toEqual(plan);
  });

  test('is made again, whatever number of workers is asked for since', () => {
    const scaled = job({ planSummary, directive }, { workers: { replicas: 4 } });
    expect(withPlan(scaled, null)?.status?.plan).toEqual(plan);
  });

  test('is made again in the form of version 1 for a job that began with it', () => {
    const before = asVersion1(plan, job({}).spec, sha256Hex);
    const began = { planSummary: summarizePlan(before, CLIPS), directive };
    expect(withPlan(job(began), null)?.status?.plan).toEqual(before);
    expect(withPlan(job(began), found(before))?.status?.plan).toEqual(before);
  });

  test('is lost, and nothing is decided, when it would be made in another way', () => {
    const summary = { ...planSummary, hash: 'of an older operator' };
    expect(withPlan(job({ planSummary: summary, directive }), found(plan))).toBeNull();
    const conditions = [
      { type: 'Complete', status: 'True' as const, reason: 'R', message: '', lastTransitionTime: '' },
    ];
    const over = job({ planSummary: summary, directive, conditions });
    expect(withPlan(over, found(plan))).toBe(over);
  });

  test('is stored as a summary, and comes back as it was', () => {
    const stored = withoutPlan(job({ progress: counted }), { plan, directive }, true);
    expect(stored).toEqual({ planSummary, directive });
    expect(withPlan(job(stored), found(plan))?.status).toEqual({ ...stored, plan });
    expect(withoutPlan(job({ ...stored, plan }), { ...stored, plan, state: 'Running' }, true)).toEqual({
      ...stored,
      state: 'Running',
    });
  });

  test('stays in a job of an operator before this one for as long as there are workers, who look for it there', () => {
    const whole = job({ plan, directive, progress: counted });
    expect(withPlan(whole, null)).toBe(whole);
    expect(withoutPlan(whole, { plan, directive }, true)).toEqual({ plan, directive });
    expect(withoutPlan(whole, { plan, directive }, false)).toEqual({ planSummary, directive });
  });

  test('leaves a job alone that has none yet', () => {
    expect(withPlan(job({}), null)?.status).toEqual({});
    expect(withoutPlan(job({}), { state: 'Pending' }, false)).toEqual({ state: 'Pending' });
  });
});
