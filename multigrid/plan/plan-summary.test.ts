import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readJob } from '../api/read-job.ts';
import { sha256Hex } from '../../storage/sha256.ts';
import { makeManifestSpec, makeStoredJob } from '../../test/support/run/jobs.ts';
import { isPlanOfHash, summarizePlan } from './plan-summary.ts';
import { planTraining } from './plan.ts';

const CLIPS = 1300;
const plan = planTraining(readJob(makeStoredJob('first', makeManifestSpec())), CLIPS, sha256Hex);
const copy = (): Record<string, unknown> => JSON.parse(JSON.stringify(plan)) as Record<string, unknown>;
const isIt = (value: unknown): boolean => isPlanOfHash(value, plan.hash, sha256Hex);

describe('a plan that is kept apart from its job', () => {
  test('is known again after a way through JSON, whatever the order of its fields', () => {
    expect(isIt(copy())).toBe(true);
    expect(isIt(Object.fromEntries(Object.entries(copy()).reverse()))).toBe(true);
  });

  test('is not taken for itself when anything of it is missing or changed', () => {
    const fields = Object.keys(plan).filter((key) => key !== 'problems');
    fc.assert(
      fc.property(fc.constantFrom(...fields), fc.jsonValue(), (field, value) => {
        const changed = { ...copy(), [field]: value };
        fc.pre(JSON.stringify(value) !== JSON.stringify(copy()[field]));
        expect(isIt(changed)).toBe(false);
      }),
    );
    expect(isIt({ ...copy(), more: 1 })).toBe(false);
    expect([null, 'text', [], {}].map(isIt)).toEqual([false, false, false, false]);
  });

  test('leaves behind what people look for, and for how many clips it was made', () => {
    expect(summarizePlan(plan, CLIPS)).toEqual({
      hash: plan.hash,
      version: 2,
      clips: CLIPS,
      phases: plan.phases.length,
      epochs: plan.epochs,
      iterations: plan.totals.iterations,
      framePixelRatio: plan.totals.framePixelRatio,
    });
    expect(summarizePlan(plan, null)).not.toHaveProperty('clips');
  });
});
