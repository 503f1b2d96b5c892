/** Every reason to refuse a plan: when it is given, in which words, and that what it suggests really helps. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { filledSpec } from '../../../test/support/filled-specs.ts';
import type { FilledSpec } from '../../api/filled-spec.ts';
import { architectureDefaults } from '../../api/network.ts';
import { planTraining } from '../plan.ts';
import type { Plan, PlanProblem } from '../types.ts';
import type { ProblemCode } from './facts.ts';
import { nearestLegal } from './nearest.ts';

const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex');
const CLIPS = 1200;

function planOf(spec: FilledSpec, clips = CLIPS): Plan {
  return planTraining(spec, clips, sha256Hex);
}

type Suggestion = PlanProblem['nearest'][string];

/** The spec with one suggestion taken up. */
function taking(spec: FilledSpec, field: string, value: Suggestion): FilledSpec {
  const { recipe, multigrid, workers } = spec;
  switch (field) {
    case 'recipe.steps':
      return { ...spec, recipe: { ...recipe, steps: [value].flat().map(Number) } };
    case 'multigrid.longCycle.shapes[].crop':
      return { ...spec, multigrid: { ...multigrid, longCycle: [{ frames: 1, crop: Number(value) }] } };
    case 'multigrid.shortCycle.crops[]':
      return { ...spec, multigrid: { ...multigrid, shortCycle: [Number(value)] } };
    case 'recipe.batchNorm.groupSize':
    case 'multigrid.groupSize':
      return { ...spec, multigrid: { ...multigrid, groupSize: Number(value) } };
    case 'multigrid.epochFactor':
      return { ...spec, multigrid: { ...multigrid, epochFactor: Number(value) } };
    case 'workers.replicas':
      return { ...spec, workers: { ...workers, replicas: Number(value) } };
    default:
      return { ...spec, recipe: { ...recipe, [field.replace('recipe.', '')]: Number(value) } };
  }
}

const BASELINE = { longCycle: null, shortCycle: null, epochFactor: 1 };

const CASES: readonly {
  readonly code: ProblemCode;
  readonly name: string;
  readonly spec: FilledSpec;
  readonly clips?: number;
  readonly phase: number | null;
  readonly says: string;
  readonly nearest: PlanProblem['nearest'];
}[] = [
  {
    code: 'FullShapeVanished',
    name: 'a schedule too short for its full shape',
    spec: filledSpec({ recipe: { epochs: 2, steps: [0, 2] } }),
    phase: null,
    says: 'in 3 epochs the last shape of the long cycle, 16 frames of 64 pixels, rounds to no epoch at all',
    nearest: { 'recipe.epochs': 4, 'recipe.steps': [0, 4], 'multigrid.epochFactor': '1.75' },
  },
  {
    code: 'NoEpochs',
    name: 'an epoch factor that leaves nothing',
    spec: filledSpec({ recipe: { epochs: 2, steps: [0, 1] }, multigrid: { epochFactor: 0.1 } }),
    phase: null,
    says: '2 epochs times the factor 0.1 leave no whole epoch',
    nearest: { 'multigrid.epochFactor': '0.5' },
  },
  {
    code: 'StepsNotAscending',
    name: 'steps that go back',
    spec: filledSpec({ recipe: { steps: [0, 12, 5, 30] } }),
    phase: null,
    says: 'recipe.steps is [0, 12, 5, 30]: it must start at 0, ascend and end within the 20 epochs',
    nearest: { 'recipe.steps': [0, 12] },
  },
  {
    code: 'LongCycleNeedsSteps',
    name: 'a long cycle without stages',
    spec: filledSpec({ recipe: { steps: [0] } }),
    phase: null,
    says: 'the long cycle runs once through every stage but the last, so it needs two or more',
    nearest: { 'recipe.steps': [0, 16] },
  },
  {
    code: 'FramesUnfit',
    name: 'frames that SlowFast cannot divide by alpha',
    spec: filledSpec({ recipe: { frames: 8 } }),
    phase: 0,
    says: 'clips have 2 frames, but slowfast-small needs a multiple of 4 (model.architecture.alpha)',
    nearest: { 'recipe.frames': [16] },
  },
  {
    code: 'FramesUnfit',
    name: 'one frame for I3D',
    spec: filledSpec({ model: { name: 'i3d-small' }, recipe: { frames: 4 } }),
    phase: 0,
    says: 'clips have 1 frames, but i3d-small needs at least 2',
    nearest: { 'recipe.frames': [6] },
  },
  {
    code: 'ShapeRoundsToNothing',
    name: 'a quarter of one frame',
    spec: filledSpec({ recipe: { frames: 1 } }),
    phase: null,
    says: '1 frames or 64 pixels are too few for the factors in multigrid.longCycle.shapes',
    nearest: { 'recipe.frames': [3] },
  },
  {
    code: 'CropTooSmall',
    name: 'crops smaller than one value of the last feature map',
    spec: filledSpec({ recipe: { cropSize: 24 } }),
    phase: 0,
    says: 'crops are down to 12 pixels, but slowfast-small with 3 stages needs at least 16',
    nearest: { 'recipe.cropSize': [31] },
  },
  {
    code: 'ShapeTooLarge',
    name: 'a shape that costs more than twice the baseline',
    spec: filledSpec({ multigrid: { longCycle: [{ frames: 1, crop: 1.5 }] } }),
    phase: 0,
    says: '16 frames of 96 pixels costs at least twice the baseline',
    nearest: { 'multigrid.longCycle.shapes[].crop': '1.41' },
  },
  {
    code: 'ShortCycleBatchZero',
    name: 'a short cycle far above a small long-cycle crop',
    spec: filledSpec({
      multigrid: {
        longCycle: [
          { frames: 1, crop: 0.5 },
          { frames: 1, crop: 1 },
        ],
      },
    }),
    phase: 0,
    says: "short-cycle crops of 45 pixels are so much larger than the phase's 32 that no clip is left",
    nearest: { 'multigrid.shortCycle.crops[]': '0.70' },
  },
  {
    code: 'BatchSmallerThanWorkers',
    name: 'more workers than clips in the smallest batch',
    spec: filledSpec({ workers: { replicas: 16 } }),
    phase: 3,
    says: 'a batch of 8 clips is smaller than the 16 workers',
    nearest: { 'recipe.batchSize': [16], 'workers.replicas': [8] },
  },
  {
    code: 'GroupsDoNotDivideBatch',
    name: 'groups that do not come out even',
    spec: filledSpec({ recipe: { batchSize: 28 }, multigrid: { ...BASELINE, groupSize: 8 } }),
    phase: 0,
    says: 'a batch of 28 clips cannot be split into 3 equal batch-norm groups of about 8',
    nearest: { 'recipe.batchNorm.groupSize': [7, 10], 'recipe.batchSize': [24, 32] },
  },
  {
    code: 'BatchSmallerThanGroup',
    name: 'a batch smaller than a group',
    spec: filledSpec({ recipe: { batchSize: 4 } }),
    phase: 3,
    says: 'a batch of 4 clips is smaller than a batch-norm group of 8',
    nearest: { 'multigrid.groupSize': [4], 'recipe.batchSize': [8] },
  },
  {
    code: 'TooFewClips',
    name: 'a batch larger than the data set',
    spec: filledSpec(),
    clips: 100,
    phase: 0,
    says: 'an iteration takes 128 clips, but there are 100 in all',
    nearest: { 'data.clips': 128 },
  },
];

describe.each(CASES)('$code: $name', ({ code, spec, clips, phase, says, nearest }) => {
  const { problems } = planOf(spec, clips);
  const found = problems.find((problem) => problem.code === code);

  test('names the phase, the numbers and the nearest legal values', () => {
    expect(found).toMatchObject({ phase, nearest });
    expect(found?.message).toContain(says);
  });

  test.each(Object.entries(nearest))('is gone with %s from %j', (field, suggested) => {
    const values = typeof suggested === 'object' && field !== 'recipe.steps' ? suggested : [suggested];
    for (const value of values) {
      // Epochs and steps are suggested together.
      const together = { ...spec.recipe, epochs: 4, steps: [0, 4] };
      const base =
        'recipe.epochs' in nearest && field.startsWith('recipe') ? { ...spec, recipe: together } : spec;
      const { problems: left } = planOf(
        taking(base, field, value),
        field === 'data.clips' ? Number(value) : clips,
      );
      expect(left.filter((problem) => problem.code === code && problem.phase === phase)).toEqual([]);
    }
  });
});

test('every code is explained in the documentation of the plan', () => {
  const text = readFileSync(new URL('../../../docs/plan-format.md', import.meta.url), 'utf8');
  for (const { code } of CASES) {
    expect(text).toContain(`\`${code}\``);
  }
});

test('a sound plan has no problems', () => {
  expect(planOf(filledSpec()).problems).toEqual([]);
});

test('a stage whose full shape rounds away is allowed while the plan has epochs at it', () => {
  const plan = planOf(filledSpec({ recipe: { epochs: 22, steps: [0, 14, 18] } }));
  expect(plan.phases.filter(({ batchFactor, stage }) => batchFactor === 1 && stage === 2)).not.toEqual([]);
  expect(plan.problems).toEqual([]);
});

test('any number of workers is legal up to the clips of the smallest batch', () => {
  const smallest = 16;
  for (let replicas = 1; replicas <= smallest + 1; replicas += 1) {
    const spec = filledSpec({ recipe: { batchSize: smallest }, workers: { replicas } });
    const codes = planOf(spec).problems.map(({ code }) => code);
    expect(codes.includes('BatchSmallerThanWorkers')).toBe(replicas > smallest);
    expect(replicas <= smallest ? codes : []).toEqual([]);
  }
});

test('a batch smaller than a group is legal where groups need not be full', () => {
  const { batchNorm } = filledSpec().recipe;
  const small = { batchSize: 4, batchNorm: { ...batchNorm, acrossWorkers: 'Never' } } as const;
  const plan = planOf(filledSpec({ recipe: small }));
  expect(plan.problems).toEqual([]);
  expect(plan.phases.at(-1)).toMatchObject({ globalBatch: 4, groups: 1 });
});

test('every phase at fault is named, in order', () => {
  const { problems } = planOf(filledSpec({ recipe: { frames: 8 } }));
  expect(problems.map(({ phase }) => phase)).toEqual([0, 4]);
});

test('a network of more stages asks for larger crops', () => {
  const architecture = { ...architectureDefaults('slowfast-small'), blocks: [1, 1, 1, 1] };
  const { problems } = planOf(filledSpec({ model: { architecture }, recipe: { cropSize: 60 } }));
  expect(problems[0]).toMatchObject({ code: 'CropTooSmall', nearest: { 'recipe.cropSize': [63] } });
});

test('suggested numbers are legal, within range and the nearest on their side', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 40 }), (current, multiple) => {
      const found = nearestLegal(current, { min: 1, max: 500 }, (value) => value % multiple === 0);
      const below = Math.ceil(current / multiple) * multiple - multiple;
      const above = Math.floor(current / multiple) * multiple + multiple;
      expect(found).toEqual([below, above].filter((value) => value >= 1 && value <= 500));
    }),
  );
});
