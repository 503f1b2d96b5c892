/**
 * Weights from one run to another on this machine: a small I3D is trained, exported, and starts other runs. Everything
 * goes through the command line and real files.
 */
import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runProgram } from '../../cli/program.ts';
import { runJob, type RunOutcome } from '../../cli/run/run-job.ts';
import type { EvaluationEvent } from '../../trainer-image/run-folder/events.ts';
import { readPretrained } from '../../trainer-image/run-folder/pretrained-file.ts';
import { encodeTensorFile, decodeTensorFile } from '../../trainer-image/weights/safetensors.ts';
import { CollectingIo } from '../support/collecting-io.ts';
import { type Manifest, SmallJob } from '../support/small-job.ts';

/** A baseline of few steps on few clips. */
function shorten({ spec }: Manifest): void {
  spec.data['train'] = 'data/val.csv';
  spec.data['val'] = 'data/test.csv';
  spec.model['name'] = 'i3d-small';
  spec.recipe['epochs'] = 3;
  spec.recipe['steps'] = [0];
  delete spec.multigrid;
}

describe('weights from one run to another', () => {
  let job: SmallJob;

  /** Trains the short baseline to its end; `change` edits it. */
  async function run(
    name: string,
    change: (manifest: Manifest) => void = () => undefined,
  ): Promise<RunOutcome> {
    const manifestPath = await job.manifest(`${name}.yaml`, (manifest) => {
      shorten(manifest);
      change(manifest);
    });
    return runJob({ manifestPath, outputDir: job.output(name), resume: false });
  }

  async function multigrid(...args: string[]): Promise<CollectingIo> {
    const io = new CollectingIo();
    await runProgram(args, io, '0');
    return io;
  }

  /** The last evaluation at the full shape. */
  async function fullEvaluation(name: string): Promise<EvaluationEvent> {
    const evaluations = (await job.events(name)).filter((event) => event.kind === 'evaluation');
    return evaluations.findLast(({ at }) => at === 'full')!;
  }

  const exported = (name: string): string => join(job.folder, name);

  beforeAll(async () => {
    job = await SmallJob.make();
    expect((await run('teacher')).kind).toBe('complete');
  });

  afterAll(async () => {
    await job.remove();
  });

  test('export writes the model that the run wrote at its end, from its newest checkpoint', async () => {
    const io = await multigrid('export', '--run', job.output('teacher'), '--output', exported('again.onnx'));
    expect(io.err).toBe('');
    expect(io.out).toMatch(/again\.onnx {2}0\.\d MB, from .*iteration-\d{8}\.safetensors/u);
    const again = await readFile(exported('again.onnx'));
    expect(again.equals(await readFile(join(job.output('teacher'), 'model.onnx')))).toBe(true);
  });

  test('export into a folder writes the model, the weights and what they are', async () => {
    const folder = exported('taken-away');
    const io = await multigrid(
      'export',
      '--run',
      job.output('teacher'),
      '--output',
      folder,
      '--names',
      'pyslowfast',
    );
    expect(io.err).toBe('');
    const weights = decodeTensorFile(await readFile(join(folder, 'weights.safetensors')));
    expect(weights.tensors.get('s1.pathway0_stem.conv.weight')?.dims).toEqual([8, 3, 5, 5, 5]);
    expect(weights.metadata).toMatchObject({ names: 'pyslowfast', network: 'i3d-small', frames: '16' });
    const readme = await readFile(join(folder, 'README.md'), 'utf8');
    expect(readme).toContain('uint8 RGB, [N, T=16, H=64, W=64, 3]');
    expect(readme).toContain('(x / 255 - 0.45) / 0.225');
    expect(readme).toMatch(/^15\. /mu);
  });

  test('a run that starts from them begins where the other ended', async () => {
    const last = await fullEvaluation('teacher');
    const outcome = await run('student', ({ spec }) => {
      spec.model['pretrained'] = { path: 'taken-away/weights.safetensors' };
      spec.recipe['epochs'] = 1;
      spec.recipe['learningRate'] = '1e-9';
      spec.recipe['warmup'] = { epochs: '0' };
      // One value of momentum 0.1 each step; so little that statistics stay what they were.
      spec.recipe['batchNorm'] = { momentum: '0.000001' };
    });
    expect(outcome.kind).toBe('complete');
    expect((await fullEvaluation('student')).loss).toBeCloseTo(last.loss, 3);
    const line = '67 of 67 tensors loaded (names of pyslowfast)';
    expect(outcome.job.status?.progress?.pretrained).toBe(line);
    const record = await readPretrained(join(job.output('student'), 'pretrained.json'));
    expect(record).toMatchObject({ loaded: 67, tensors: 67, unused: [] });
    expect(record?.sha256).toMatch(/^[0-9a-f]{64}$/u);
    const report = await readFile(join(job.output('student'), 'report.html'), 'utf8');
    expect(report).toContain('67 of 67 tensors came from');
  });

  test('a run that goes on from a checkpoint does not look at them again', async () => {
    const weights = exported('gone.safetensors');
    await copyFile(join(exported('taken-away'), 'weights.safetensors'), weights);
    const manifestPath = await job.manifest('resumed.yaml', (manifest) => {
      shorten(manifest);
      manifest.spec.model['pretrained'] = { path: 'gone.safetensors' };
    });
    const stop = new AbortController();
    const request = { manifestPath, outputDir: job.output('resumed') };
    const stopped = await runJob({
      ...request,
      resume: false,
      signal: stop.signal,
      onStatus: ({ status }) => {
        if ((status?.progress?.iteration ?? 0) > 0) {
          stop.abort();
        }
      },
    });
    expect(stopped.kind).toBe('interrupted');
    await rm(weights);
    expect((await runJob({ ...request, resume: true })).kind).toBe('complete');
    const record = await readPretrained(join(job.output('resumed'), 'pretrained.json'));
    expect(record?.loaded).toBe(67);
  });

  test('a file that does not fit ends the run at once, with what is missing', async () => {
    const weights = decodeTensorFile(await readFile(join(exported('taken-away'), 'weights.safetensors')));
    const most = [...weights.tensors.values()].filter(({ name }) => !name.startsWith('s3.'));
    await writeFile(exported('half.safetensors'), encodeTensorFile(most, {}));
    const outcome = await run('refused', ({ spec }) => {
      spec.model['pretrained'] = { path: 'half.safetensors' };
    });
    expect(outcome).toMatchObject({ kind: 'failed', reason: 'PretrainedWeightsDoNotFit', exitCode: 65 });
    expect(outcome.kind === 'failed' && outcome.message).toContain('no values for stage2.block0.a.weight');
  });

  test('export says what is wrong in a word', async () => {
    const unclear = await multigrid(
      'export',
      '--run',
      job.output('teacher'),
      '--output',
      exported('model.bin'),
    );
    expect([unclear.exitCode, unclear.err]).toEqual([
      64,
      expect.stringContaining('use the extension .onnx or .safetensors'),
    ]);
    const noRun = await multigrid('export', '--run', job.folder, '--output', exported('model.onnx'));
    expect([noRun.exitCode, noRun.err]).toEqual([66, expect.stringContaining('holds no run')]);
    const foreign = await multigrid(
      'export',
      ...['--run', job.output('teacher'), '--output', exported('model.onnx')],
      ...['--checkpoint', exported('half.safetensors')],
    );
    expect([foreign.exitCode, foreign.err]).toEqual([65, expect.stringContaining('no values for stage2')]);
  });
});
