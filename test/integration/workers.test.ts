/**
 * Several workers against one: real processes that MPI's launcher starts, real videos, one of them damaged, a network with batch
 * norm and dropout, a plan with long and short cycle whose groups most numbers of workers share unevenly, or have parts of.
 */
import { createHash } from 'node:crypto';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readRunRequest } from '../../cli/run/run-request.ts';
import { readJob } from '../../multigrid/api/read-job.ts';
import type { Plan } from '../../multigrid/plan/types.ts';
import type { EvaluationEvent, RunEvent, StepEvent } from '../../trainer-image/run-folder/events.ts';
import { runRanks, whyNoRanks } from '../support/mpi/run-ranks.ts';
import { makePhase, makePlan } from '../support/run/jobs.ts';
import { SmallJob } from '../support/small-job.ts';

const TRAINING_RANK = join(import.meta.dirname, '..', 'support', 'mpi', 'training-rank.ts');
const describeIfPossible = whyNoRanks() === null ? describe : describe.skip;

const SHAPE = { minScale: 34 };
/** 52 steps: 20 of 2 groups of 16 or 8 small clips, which span more workers than two, 32 of 8 groups of 2 full ones. */
const PLAN: Plan = makePlan(2, {
  phases: [
    makePhase(0, {
      ...{ startEpoch: 0, endEpoch: 10, iterationsPerEpoch: 2, frames: 4, cropSize: 24, groups: 2 },
      shortCycle: [
        { ...SHAPE, cropSize: 16, globalBatch: 32 },
        { ...SHAPE, cropSize: 24, globalBatch: 16 },
      ],
    }),
    makePhase(1, {
      ...{ startEpoch: 10, endEpoch: 18, iterationsPerEpoch: 4, frames: 8, cropSize: 32, groups: 8 },
      shortCycle: [{ ...SHAPE, cropSize: 32, globalBatch: 16 }],
    }),
  ],
  epochs: 18,
  evaluationEpochs: [4],
  learningRateSchedule: {
    ...{ policy: 'steps', base: 0.005, borders: [0], factors: [1], epochs: 18, end: 0 },
    warmup: { epochs: 0, learningRate: 0.005 },
  },
});
const STEPS = 52;
const LOSS_TOLERANCE = 1e-5;
/** Of parameters and running statistics after all steps. */
const TOLERANCE = 1e-5;

type Evaluation = Pick<EvaluationEvent, 'at' | 'top1' | 'top5' | 'loss' | 'videos'>;

interface Trained {
  readonly iteration: number;
  readonly badClips: number;
  readonly losses: readonly number[];
  readonly hits: readonly number[];
  readonly evaluations: readonly Evaluation[];
  readonly parameters: Float32Array;
  readonly statistics: Float32Array;
  /** By rank, of both. */
  readonly hashes: readonly string[];
}

interface Said {
  readonly iteration: number;
  readonly badClips: number;
  readonly events: readonly RunEvent[];
}

describeIfPossible('a training of several workers', () => {
  let job: SmallJob;
  let requestPath = '';
  const trained = new Map<number, Trained>();

  beforeAll(async () => {
    job = await SmallJob.make();
    const manifestPath = await job.manifest('workers.yaml', ({ spec }) => {
      delete spec.multigrid;
      spec.model['name'] = 'slow-small';
      spec.model['architecture'] = { width: 4, blocks: [1, 1], expansion: 2 };
      spec.data['jitterScales'] = [34, 40];
      const { recipe } = spec;
      Object.assign(recipe, { frames: 8, cropSize: 32, batchSize: 16 });
      recipe['batchNorm'] = { preciseIterations: 1 };
    });
    const { job: stored, dataRoot } = await readRunRequest(manifestPath);
    const request = { job: stored, spec: readJob(stored), plan: PLAN, dataDir: dataRoot };
    requestPath = join(job.folder, 'request.json');
    await writeFile(requestPath, JSON.stringify(request));
    for (const list of ['train', 'val']) {
      const [line = ''] = (await readFile(join(job.folder, 'data', `${list}.csv`), 'utf8')).split('\n');
      await writeFile(join(job.folder, 'data', line.split(' ')[0]!), 'no video');
    }
    for (const workers of [1, 2, 3, 8]) {
      trained.set(workers, await train(workers, `of-${workers}`));
    }
  });

  afterAll(() => job.remove());

  async function train(workers: number, folder: string, stopAfter = 0): Promise<Trained> {
    const output = job.output(folder);
    const args = [requestPath, output, String(stopAfter)];
    const { code, said, rest } = await runRanks(workers, args, {}, TRAINING_RANK);
    expect([code, rest]).toEqual([0, []]);
    const [first] = said.map(([line]) => line as Said);
    const events = first!.events;
    const steps = events.filter((event): event is StepEvent => event.kind === 'step');
    const numbers = async (rank: number, name: string): Promise<Buffer> =>
      readFile(join(output, String(rank), name));
    const floats = async (name: string): Promise<Float32Array> => {
      const { buffer, byteOffset, byteLength } = await numbers(0, name);
      return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
    };
    return {
      ...first!,
      losses: steps.map(({ loss }) => loss),
      hits: steps.map(({ top1, clips }) => Math.round(top1 * clips)),
      evaluations: events
        .filter((event): event is EvaluationEvent => event.kind === 'evaluation')
        .map(({ at, top1, top5, loss, videos }) => ({ at, top1, top5, loss, videos })),
      parameters: await floats('parameters'),
      statistics: await floats('statistics'),
      hashes: await Promise.all(
        Array.from({ length: workers }, async (_, rank) =>
          createHash('sha256')
            .update(await numbers(rank, 'parameters'))
            .update(await numbers(rank, 'statistics'))
            .digest('hex'),
        ),
      ),
    };
  }

  function expectNumbersOfOne(together: Trained, from = 0): void {
    const alone = trained.get(1)!;
    expect(largestError(together.losses, alone.losses.slice(from))).toBeLessThan(LOSS_TOLERANCE);
    expect(together.hits).toEqual(alone.hits.slice(from));
    expect(largestError(together.parameters, alone.parameters)).toBeLessThan(TOLERANCE);
    expect(largestError(together.statistics, alone.statistics)).toBeLessThan(TOLERANCE);
    const evaluations = alone.evaluations.slice(-together.evaluations.length);
    expect(together.evaluations.map(countsOf)).toEqual(evaluations.map(countsOf));
    const losses = [together.evaluations, evaluations].map((of) => of.map(({ loss }) => loss));
    expect(largestError(losses[0]!, losses[1]!)).toBeLessThan(LOSS_TOLERANCE);
  }

  test.each([2, 3, 8])('has with %i of them the numbers of one', (workers) => {
    const [alone, together] = [trained.get(1)!, trained.get(workers)!];
    expect([alone.losses.length, alone.evaluations.length]).toEqual([STEPS, 4]);
    expect([together.losses.length, together.evaluations.length]).toEqual([STEPS, 4]);
    expectNumbersOfOne(together);
    // Those that were replaced in training, by whichever worker; the damaged video of the other list is judged by none.
    expect(alone.badClips).toBeGreaterThan(0);
    expect(together.badClips).toBe(alone.badClips);
    expect(alone.evaluations.map(({ videos }) => videos)).toEqual([15, 15, 15, 16]);
  });

  test('leaves all of them with the same bits', () => {
    for (const [workers, { hashes }] of trained) {
      expect(hashes).toHaveLength(workers);
      expect(new Set(hashes).size).toBe(1);
    }
  });

  test('stops all of them after the same step when one is asked, has the same bits again, and goes on with others', async () => {
    const stopped = await train(3, 'stopped', 22);
    // Asked after step 22, which the others hear of in the next.
    expect(stopped.iteration).toBe(23);
    expect(new Set(stopped.hashes).size).toBe(1);
    expect(stopped.losses).toEqual(trained.get(3)!.losses.slice(0, 23));
    await cp(join(job.output('stopped'), '0'), join(job.output('stopped'), '3'), { recursive: true });
    const resumed = await train(4, 'stopped');
    expect(resumed.iteration).toBe(STEPS);
    expect(new Set(resumed.hashes).size).toBe(1);
    expectNumbersOfOne(resumed, 23);
  });
});

function countsOf({ at, top1, top5, videos }: Evaluation): Omit<Evaluation, 'loss'> {
  return { at, top1, top5, videos };
}

/** Of numbers up to 1 the difference, of larger ones the relative one. */
function largestError(some: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(some).toHaveLength(expected.length);
  return Array.from(expected).reduce((most, value, index) => {
    return Math.max(most, Math.abs(some[index]! - value) / Math.max(1, Math.abs(value)));
  }, 0);
}
