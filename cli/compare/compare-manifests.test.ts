import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { readManifest } from '../../multigrid/api/manifest.ts';
import type { FilledSpec } from '../../multigrid/api/filled-spec.ts';
import { planTraining } from '../../multigrid/plan/plan.ts';
import { compareSourceOf, NothingToCompareError, type CompareSource } from './compare-manifests.ts';

const example = await readFile(new URL('../../examples/quickstart.yaml', import.meta.url), 'utf8');

function sourceOf(text: string): CompareSource {
  const reading = readManifest(text);
  if (!reading.ok) {
    throw new Error(reading.errors.map((error) => error.message).join('; '));
  }
  return compareSourceOf(reading.job, '/jobs/quickstart.yaml');
}

function specOf(text: string): FilledSpec {
  const reading = readManifest(text);
  if (!reading.ok) {
    throw new Error(reading.errors.map((error) => error.message).join('; '));
  }
  return reading.spec;
}

test('makes two legal manifests that differ in the multigrid part and the name alone', () => {
  const { baseline, multigrid } = sourceOf(example).manifests(7);
  const [base, multi] = [specOf(baseline), specOf(multigrid)];
  expect({ ...base, multigrid: null }).toEqual({ ...multi, multigrid: null });
  expect(base.multigrid.longCycle).toBeNull();
  expect(base.multigrid.shortCycle).toBeNull();
  expect(multi.multigrid.longCycle).not.toBeNull();
  expect(base.recipe.seed).toBe(7);
});

test('evaluates both runs after every epoch, the multigrid run without changing its phases', () => {
  const { baseline, multigrid } = sourceOf(example).manifests(0);
  const plans = [baseline, multigrid, example].map((text) => planTraining(specOf(text), 1200, () => ''));
  for (const plan of plans.slice(0, 2)) {
    expect(plan.evaluationEpochs).toEqual(Array.from({ length: plan.epochs }, (_, epoch) => epoch));
  }
  expect(plans[1]?.phases).toEqual(plans[2]?.phases);
});

test('finds the data from wherever the copies lie', () => {
  const { baseline } = sourceOf(example).manifests(0);
  expect(specOf(baseline).data.train).toBe('/jobs/data/train.csv');
  expect(specOf(baseline).data.classes).toBe('/jobs/data/classes.txt');
});

test('keeps names within what the API takes', () => {
  const long = example.replace('name: quickstart', `name: ${'n'.repeat(48)}`);
  const { baseline, multigrid } = sourceOf(long).manifests(0);
  expect(specOf(baseline)).toBeDefined();
  expect(multigrid).toContain(`${'n'.repeat(38)}-multigrid`);
});

test('refuses a manifest without a multigrid part, and says how to add one', () => {
  const control = example.replace(/^ {2}multigrid: .*$/m, '');
  expect(() => sourceOf(control)).toThrow(NothingToCompareError);
  expect(() => sourceOf(control)).toThrow(/add `multigrid: {}`/);
});
