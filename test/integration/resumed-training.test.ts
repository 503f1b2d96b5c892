/**
 * What a training leaves behind when it goes on from a checkpoint, against the same training left alone. A folder that holds
 * the checkpoint of an iteration and the log up to some later moment is what a kill at that moment leaves.
 */
import { cp, mkdir, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readJob } from '../../multigrid/api/read-job.ts';
import { iterationsBefore } from '../../multigrid/directive.ts';
import { groupsOf } from '../../multigrid/plan/groups.ts';
import type { Plan } from '../../multigrid/plan/types.ts';
import { asVersion1 } from '../../multigrid/plan/version-1.ts';
import { sha256Hex } from '../../storage/sha256.ts';
import { positionAt } from '../../trainer-image/train/state/position.ts';
import { loneSurroundings, runLoneTrainer } from '../support/run/lone-trainer.ts';
import { type Manifest, SmallJob, timeless } from '../support/small-job.ts';

const NETWORK = join(import.meta.dirname, '..', 'fixtures', 'onnx', 'tiny_network.onnx');

type Change = (spec: Manifest['spec']) => void;

/** Several batch-norm groups at every shape, and a checkpoint after every iteration. */
function shorten({ spec }: Manifest): void {
  spec.recipe = {
    ...spec.recipe,
    ...{ cropSize: 32, epochs: 3, steps: [0, 2] },
    warmup: { epochs: '1', learningRate: '0.002' },
  };
  spec.data['jitterScales'] = [34, 40];
  // Few evaluations: the checkpoints at the ends of epochs are the job's, not the plan's.
  spec.multigrid = { groupSize: 2, evaluationsPerPhase: 1 };
  spec.checkpoint = { everyIterations: 1, keep: 1000 };
}

describe('a training that goes on from a checkpoint', () => {
  let job: SmallJob;

  beforeAll(async () => {
    job = await SmallJob.make();
  });

  afterAll(async () => {
    await job.remove();
  });

  const train = async (manifestPath: string, name: string): Promise<Plan> => {
    const { end, plan } = await runLoneTrainer({ manifestPath, outputDir: job.output(name) });
    expect(end).toEqual({ kind: 'finished' });
    return plan;
  };

  async function savedIterations(name: string): Promise<readonly number[]> {
    const files = await readdir(join(job.output(name), 'checkpoints'));
    const iterations = new Set(files.map((file) => Number(/iteration-(\d+)/.exec(file)?.[1])));
    return [...iterations].toSorted((one, other) => one - other);
  }

  /** A folder as a kill leaves it that came after checkpoint `iteration` and before the next. */
  async function killedAfter(whole: string, iteration: number, name: string): Promise<void> {
    const checkpoints = await readdir(join(job.output(whole), 'checkpoints'));
    await mkdir(join(job.output(name), 'checkpoints'), { recursive: true });
    for (const file of ['metrics.jsonl', 'job.yaml']) {
      await cp(join(job.output(whole), file), join(job.output(name), file));
    }
    for (const file of checkpoints) {
      if (Number(/iteration-(\d+)/.exec(file)?.[1]) <= iteration) {
        await cp(join(job.output(whole), 'checkpoints', file), join(job.output(name), 'checkpoints', file));
      }
    }
  }

  const model = (name: string): Promise<Buffer> => readFile(join(job.output(name), 'model.onnx'));

  /** An iteration inside a phase, neither its first nor its last. */
  function middleOf({ phases }: Plan, index: number): number {
    const [start, end] = [iterationsBefore(phases, index), iterationsBefore(phases, index + 1)];
    expect(end - start).toBeGreaterThan(2);
    return Math.floor((start + end) / 2);
  }

  const inLastPhase = (plan: Plan): readonly number[] => [middleOf(plan, plan.phases.length - 1)];

  test('under a plan of version 1 it keeps, with its hash, and has the losses of a plan of today', async () => {
    const manifestPath = await job.manifest('versions.yaml', shorten);
    const today = await train(manifestPath, 'version-2');
    const { surroundings } = await loneSurroundings({ manifestPath, outputDir: job.output('version-1') });
    const then = asVersion1(today, readJob(await surroundings.link.job()), sha256Hex);
    const link = { ...surroundings.link, plan: () => Promise.resolve(then) };
    const trainThen = async (name: string): Promise<void> => {
      const { end } = await runLoneTrainer({
        manifestPath,
        outputDir: job.output(name),
        surroundings: { link },
      });
      expect(end).toEqual({ kind: 'finished' });
    };
    await trainThen('version-1');
    const iteration = middleOf(then, then.phases.length - 1);
    await killedAfter('version-1', iteration, 'version-1-resumed');
    await trainThen('version-1-resumed');
    const losses = async (name: string) => timeless(await job.events(name));
    expect(await losses('version-1')).toEqual(await losses('version-2'));
    expect(await losses('version-1-resumed')).toEqual(await losses('version-2'));
    expect((await model('version-1-resumed')).equals(await model('version-1'))).toBe(true);
  });

  const cases: readonly (readonly [string, (plan: Plan) => readonly number[], Change])[] = [
    [
      'float32',
      (plan) => {
        const last = plan.phases.length - 1;
        return [middleOf(plan, 1), middleOf(plan, last), iterationsBefore(plan.phases, last)];
      },
      () => undefined,
    ],
    ['mixed', inLastPhase, (spec) => (spec.recipe['precision'] = 'mixed')],
    [
      'float32-frozen',
      inLastPhase,
      (spec) => {
        spec.model = { onnx: { path: NETWORK, frozen: ['stem.0'] }, numClasses: 16, dropout: '0.1' };
      },
    ],
  ];

  test.each(cases)(
    'in %s leaves the same model and evaluations, wherever it was',
    async (whole, moments, change) => {
      const manifestPath = await job.manifest(`${whole}.yaml`, (manifest) => {
        shorten(manifest);
        change(manifest.spec);
      });
      const plan = await train(manifestPath, whole);
      expect(await savedIterations(whole)).toEqual(
        Array.from({ length: plan.totals.iterations }, (_, index) => index + 1),
      );
      for (const iteration of moments(plan)) {
        expect(groupsOf(positionAt(plan, iteration).phase)).toBeGreaterThan(1);
        const name = `${whole}-${iteration}`;
        await killedAfter(whole, iteration, name);
        await train(manifestPath, name);
        expect(timeless(await job.events(name))).toEqual(timeless(await job.events(whole)));
        expect((await model(name)).equals(await model(whole))).toBe(true);
      }
    },
  );
});
