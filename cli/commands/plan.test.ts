/** `plan` and `validate` as a person runs them: real files in, text and exit code out. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { Command, CommanderError } from 'commander';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { CollectingIo } from '../../test/support/collecting-io.ts';
import { addPlanCommand } from './plan.ts';
import { addValidateCommand } from './validate.ts';

const MANIFEST = `apiVersion: training.multigrid.dev/v1alpha1
kind: MultigridTrainingJob
metadata:
  name: digits
spec:
  model: { name: slowfast-small, numClasses: 16 }
  data: { train: train.csv, val: val.csv, jitterScales: [66, 76], clips: 300 }
  recipe:
    frames: 16
    stride: 2
    cropSize: 64
    batchSize: 8
    epochs: 20
    steps: [0, 12, 17]
    learningRate: "0.05"
    warmup: { epochs: "2", learningRate: "0.005" }
  multigrid: {}
`;

const folder = temporaryFolder();
let job = '';

beforeAll(async () => {
  job = await write('job.yaml', MANIFEST);
});

async function write(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

async function run(...argv: readonly string[]): Promise<CollectingIo> {
  const io = new CollectingIo();
  const program = new Command('multigrid').exitOverride().configureOutput({
    writeErr: (text) => {
      io.stderr(text);
    },
  });
  addPlanCommand(program, io);
  addValidateCommand(program, io);
  await program.parseAsync(['node', 'multigrid', ...argv]).catch((error: unknown) => {
    if (!(error instanceof CommanderError)) {
      throw error;
    }
    io.setExitCode(error.exitCode);
  });
  return io;
}

function json(io: CollectingIo): Record<string, unknown> {
  return JSON.parse(io.out) as Record<string, unknown>;
}

describe('plan', () => {
  test('shows phases, picture and saving', async () => {
    const io = await run('plan', '-f', job, '--clips', '1200');
    expect(io).toMatchObject({ exitCode: 0, err: '' });
    expect(io.out).toContain('digits: slowfast-small on 1200 clips, 10 phases over 30 epochs\n');
    expect(io.out).toMatch(/^ {4}1 {2}0-9 +8 +4 +45 +64 +0\.4 +2-8 +8 +128x32 64x45 64x45 +117$/m);
    expect(io.out).toMatch(/^1 x 16 x 64 {2}·+█+·+█+$/m);
    expect(io.out).toContain(
      "832 iterations, 3.61 times fewer than the baseline's 3000; 3.62 times fewer frame-pixels",
    );
  });

  test('prints the public form as JSON', async () => {
    const plan = json(await run('plan', '-f', job, '--clips', '1200', '-o', 'json'));
    expect(Object.keys(plan)).toEqual([
      'version',
      'hash',
      'phases',
      'epochs',
      'evaluationEpochs',
      'checkpointEpochs',
      'learningRateSchedule',
      'totals',
      'problems',
    ]);
    expect(plan).toMatchObject({ version: 2, epochs: 30, problems: [], totals: { iterations: 832 } });
    expect(plan['hash']).toMatch(/^[0-9a-f]{64}$/);
  });

  test('tells the learning rate at the epochs asked for', async () => {
    const asked = await run('plan', '-f', job, '--clips', '1200', '-o', 'json', '--lr-at', '1,12.5,30');
    expect(json(asked)['learningRates']).toEqual([
      [1, 0.2025],
      [12.5, 0.2],
      [30, 0.0005],
    ]);
    const table = await run('plan', '-f', job, '--clips', '1200', '--lr-at', '12.5');
    expect(table.out).toContain('learning rate at epoch 12.5: 0.2\n');
  });

  test('shows what every worker takes, and the phases in which groups span workers', async () => {
    const io = await run('plan', '-f', job, '--clips', '1200', '--workers', '3');
    expect(io).toMatchObject({ exitCode: 0, err: '' });
    expect(io.out).toMatch(/^PHASE +BATCH +GROUPS +CLIPS OF RANKS +GROUP OVER +IDLE +ALL-REDUCED$/m);
    expect(io.out).toMatch(/^ {4}1 +64 +8 +0-1: 24, 2: 16 +- +11\.1 % +0\.8 MB$/m);
    expect(io.out).toMatch(/^ {4}4 +8 +1 +0-1: 3, 2: 2 +3 workers +[\d.]+ % +0\.8 MB$/m);
    expect(io.out).toMatch(/^3 workers: idle [\d.]+ %$/m);
  });

  test('predicts efficiency when it is told how fast link and workers are, and compares numbers of workers', async () => {
    const machines = ['--link', '1Gbit', '--clips-per-second', '20'];
    const one = await run('plan', '-f', job, '--clips', '1200', '--workers', '8', ...machines);
    expect(one.out).toMatch(/^ {4}1 +64 +8 +0-7: 8 +- +0\.0 % .* [\d.]+ ms +[\d.]+ ms +[\d.]+ %$/m);
    expect(one.out).toMatch(
      /^8 workers: idle 0\.0 %, predicted efficiency [\d.]+ %, \d\.\d times one worker$/m,
    );
    const several = await run('plan', '-f', job, '--clips', '1200', '--workers', '1,2,8', ...machines);
    expect(several.out).toMatch(/^ +1 +0\.0 % {2}- +100\.0 % +1\.0$/m);
    expect(several.out).toMatch(/^ +8 +0\.0 % {2}8 of 10 phases +[\d.]+ % +\d\.\d$/m);
  });

  test('has the sharing in its JSON, under the same hash for any number of workers', async () => {
    const alone = json(await run('plan', '-f', job, '--clips', '1200', '-o', 'json'));
    expect(alone['sharing']).toBeUndefined();
    const shared = json(await run('plan', '-f', job, '--clips', '1200', '-o', 'json', '--workers', '2,5'));
    expect(shared['hash']).toBe(alone['hash']);
    expect(shared['sharing']).toMatchObject([
      { workers: 2, efficiency: null, phases: { length: 10 } },
      {
        workers: 5,
        phases: { 0: { unit: 'Group', seconds: { compute: null, link: null } }, 3: { unit: 'Clip' } },
      },
    ]);
  });

  test('more workers than clips are refused, with the most there may be', async () => {
    const io = await run('plan', '-f', job, '--clips', '1200', '--workers', '2,9');
    expect(io.exitCode).toBe(2);
    expect(io.out).not.toContain('CLIPS OF RANKS');
    expect(io.err).toContain('a batch of 8 clips is smaller than the 9 workers [BatchSmallerThanWorkers]');
    expect(io.err).toContain('workers.replicas: 8');
  });

  test('counts the clips of the list beside the manifest, before believing the manifest', async () => {
    expect((await run('plan', '-f', job)).out).toContain('on 300 clips');
    await write(
      'train.csv',
      Array.from({ length: 200 }, (_, video) => `v${video}.mp4 ${video % 16}\n`).join(''),
    );
    const counted = await run('plan', '-f', job);
    await rm(join(folder, 'train.csv'));
    expect(counted.out).toContain('on 200 clips');
  });

  test('a list with bad lines is named, with the line', async () => {
    await write('train.csv', 'a.mp4 3\nb.mp4 16\n');
    const io = await run('plan', '-f', job);
    await rm(join(folder, 'train.csv'));
    expect(io.exitCode).toBe(65);
    expect(io.err).toMatch(/train\.csv.*line 2/s);
  });

  test('asks for the number of clips when nothing tells it', async () => {
    const unknown = await write('unknown.yaml', MANIFEST.replace(', clips: 300', ''));
    const io = await run('plan', '-f', unknown);
    expect(io.exitCode).toBe(65);
    expect(io.err).toContain('give --clips or spec.data.clips');
  });

  test('a plan that must not be run is shown with its problems and exit code 2', async () => {
    const bad = await write(
      'bad.yaml',
      MANIFEST.replace('frames: 16', 'frames: 8').replace('batchSize: 8', 'batchSize: 4'),
    );
    const table = await run('plan', '-f', bad);
    expect(table.exitCode).toBe(2);
    expect(table.out).toContain('10 phases over 30 epochs');
    expect(table.err).toContain('phase 1, 5: clips have 2 frames, but slowfast-small needs a multiple of 4');
    expect(table.err).toContain('nearest legal: multigrid.groupSize: 4; recipe.batchSize: 8');
    const asJson = await run('plan', '-f', bad, '-o', 'json');
    expect(asJson).toMatchObject({ exitCode: 2, err: '' });
    expect(json(asJson)['problems']).toContainEqual({
      phase: 0,
      code: 'FramesUnfit',
      message: expect.stringContaining('2 frames'),
      nearest: { 'recipe.frames': [16] },
    });
  });

  test('a plan without any epoch is still printed', async () => {
    const none = await write(
      'none.yaml',
      MANIFEST.replace('epochs: 20\n    steps: [0, 12, 17]', 'epochs: 2\n    steps: [0, 1]').replace(
        'multigrid: {}',
        'multigrid: { epochFactor: "0.1" }',
      ),
    );
    const io = await run('plan', '-f', none);
    expect(io.exitCode).toBe(2);
    expect(io.out).toContain('0 phases over 0 epochs');
    expect(io.err).toContain('plan: 2 epochs times the factor 0.1 leave no whole epoch [NoEpochs]');
  });

  test.each([
    ['--clips', '0'],
    ['--clips', 'many'],
    ['--lr-at', '1,,2'],
    ['--lr-at', '-1'],
    ['-o', 'yaml'],
    ['--workers', '0'],
    ['--workers', '2,'],
    ['--workers', '5000'],
    ['--link', '25'],
    ['--link', '0Gbit'],
    ['--clips-per-second', '0'],
    ['--clips-per-second', 'fast'],
  ])('refuses %s %s', async (flag, value) => {
    const io = await run('plan', '-f', job, flag, value);
    expect(io.exitCode).not.toBe(0);
    expect(io.out).toBe('');
    expect(io.err).toContain(flag);
  });

  test('refuses an epoch behind the end', async () => {
    const io = await run('plan', '-f', job, '--lr-at', '31');
    expect(io).toMatchObject({ exitCode: 64, err: '--lr-at: the schedule has 30 epochs\n' });
  });

  test('a manifest that is not there is named', async () => {
    const io = await run('plan', '-f', join(folder, 'nowhere.yaml'));
    expect(io.exitCode).toBe(66);
    expect(io.err).toContain('nowhere.yaml: cannot be read');
  });
});

describe('validate', () => {
  test('a legal manifest is told so', async () => {
    expect(await run('validate', '-f', job)).toMatchObject({
      exitCode: 0,
      out: `${job}: digits is valid\n`,
      err: '',
    });
  });

  test('every error has its line, in the order of the lines', async () => {
    const wrong = await write(
      'wrong.yaml',
      MANIFEST.replace('stride: 2', 'strid: 2').replace('epochs: 20', 'epochs: 0'),
    );
    const io = await run('validate', '-f', wrong);
    expect(io.exitCode).toBe(64);
    expect(io.err.split('\n').slice(0, 4)).toEqual([
      `${wrong}:8: spec.recipe.stride: is required`,
      `${wrong}:10: spec.recipe.strid: is not a field; did you mean stride?`,
      `${wrong}:13: spec.recipe.epochs: must be at least 1 (is 0; nearest: 1)`,
      `3 errors in ${wrong}; fields are explained in docs/manifest.md`,
    ]);
  });

  test('the examples are valid', async () => {
    for (const name of ['quickstart', 'kinetics-slowfast']) {
      const example = new URL(`../../examples/${name}.yaml`, import.meta.url).pathname;
      expect(await readFile(example, 'utf8')).not.toBe('');
      expect(await run('validate', '-f', example)).toMatchObject({ exitCode: 0, err: '' });
    }
  });
});
