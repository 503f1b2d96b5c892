/** Plans of before: a stored one is read as it is, and made again to the same hash. The fixture is what version 1 printed. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { filledSpec } from '../../test/support/filled-specs.ts';
import type { FilledSpec } from '../api/filled-spec.ts';
import { readManifest } from '../api/manifest.ts';
import { groupsOf } from './groups.ts';
import { isPlanOfHash } from './plan-summary.ts';
import { planTraining } from './plan.ts';
import { asVersion1 } from './version-1.ts';
import type { PhaseOfVersion1, Plan } from './types.ts';

const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex');
const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const STORED = JSON.parse(read('test/fixtures/plans/version-1.json')) as Plan;
const CLIPS = 1300;

function specOf(example: string): FilledSpec {
  const reading = readManifest(read(`examples/${example}.yaml`));
  if (!reading.ok) {
    throw new TypeError(`examples/${example}.yaml is not legal`);
  }
  return reading.spec;
}

test('a stored plan is the one of its hash, and has the groups and batches of the plan of today', () => {
  expect(isPlanOfHash(STORED, STORED.hash, sha256Hex)).toBe(true);
  const today = planTraining(specOf('quickstart'), CLIPS, sha256Hex);
  const numbers = ({ phases }: Plan): unknown =>
    phases.map((phase) => ({
      groups: groupsOf(phase),
      batches: phase.shortCycle.map(({ globalBatch }) => globalBatch),
      iterations: phase.iterationsPerEpoch,
      learningRate: phase.learningRate,
    }));
  expect(numbers(STORED)).toEqual(numbers(today));
  expect(today).toMatchObject({ version: 2, totals: STORED.totals, epochs: STORED.epochs });
});

test.each([
  ['quickstart', CLIPS, STORED.hash],
  ['quickstart-small', 400, 'a80ca9e016440c299e5ea9a0a29e2fca9b5728ba37c10eddbce598f71ab0e17d'],
  ['kinetics-slowfast', 240_436, '1c6d04c5d6fdfead037cb7923f121547481c3f287b5a289049e8e72114e93159'],
])('the plan of %s is made again with the hash of version 1', (example, clips, hash) => {
  const spec = specOf(example);
  const plan = planTraining(spec, clips, sha256Hex);
  expect(asVersion1(plan, spec, sha256Hex)).toMatchObject({ version: 1, hash });
  expect(plan.hash).not.toBe(hash);
});

test('a plan put into the form of version 1 keeps its groups', () => {
  const groupSize = fc.option(fc.integer({ min: 1, max: 64 }));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 512 }), groupSize, (batchSize, size) => {
      const spec = filledSpec({ recipe: { batchSize }, multigrid: { groupSize: size } });
      const plan = planTraining(spec, CLIPS, sha256Hex);
      expect(asVersion1(plan, spec, sha256Hex).phases.map(groupsOf)).toEqual(plan.phases.map(groupsOf));
    }),
  );
});

test.each<[PhaseOfVersion1['normalization'], number, number]>([
  [{ kind: 'plain', groups: 1 }, 8, 8],
  [{ kind: 'split', groups: 2 }, 16, 8],
  [{ kind: 'sync', groups: 4 }, 2, 2],
])('%j on each of several workers is so many groups in all', (normalization, batchPerWorker, groups) => {
  const [first] = STORED.phases;
  const workers = normalization.kind === 'split' ? 4 : 8;
  const globalBatch = workers * batchPerWorker;
  const shortCycle = [{ cropSize: 64, globalBatch, batchPerWorker, minScale: 66 }];
  expect(groupsOf({ ...first!, globalBatch, batchPerWorker, normalization, shortCycle })).toBe(groups);
});
