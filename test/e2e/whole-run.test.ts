import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { parse } from 'yaml';
import { runJob, type RunOutcome } from '../../cli/run/run-job.ts';
import type { Plan } from '../../multigrid/plan/types.ts';
import { readResult } from '../../trainer-image/run-folder/result-file.ts';
import { SmallJob } from '../support/small-job.ts';

const PYTHON = join(import.meta.dirname, '..', '..', '.cache', 'python', 'bin', 'python');

describe('a whole run on one machine', () => {
  let job: SmallJob;
  let outcome: RunOutcome;
  const seen: { phases: number[]; states: Set<string> } = { phases: [], states: new Set() };

  beforeAll(async () => {
    job = await SmallJob.make();
    outcome = await runJob({
      manifestPath: await job.manifest('job.yaml'),
      outputDir: job.output('whole'),
      resume: false,
      onStatus: ({ status }) => {
        if (status?.progress !== undefined && seen.phases.at(-1) !== status.progress.phase) {
          seen.phases.push(status.progress.phase);
        }
        if (status?.progress !== undefined) {
          seen.states.add(status.progress.state);
        }
      },
    });
  });

  afterAll(async () => {
    await job.remove();
  });

  test('completes, having walked every phase in order', () => {
    expect(outcome.kind).toBe('complete');
    const plan: Plan = outcome.job.status!.plan!;
    expect(seen.phases).toEqual(plan.phases.map(({ index }) => index));
    expect(seen.states).toContain('Finished');
  });

  test('logs every iteration once, at the shape and rate that the plan says', async () => {
    const plan = outcome.job.status!.plan!;
    const steps = (await job.events('whole')).filter((event) => event.kind === 'step');
    expect(steps.map(({ iteration }) => iteration)).toEqual([...Array(plan.totals.iterations).keys()]);
    for (const step of steps) {
      const phase = plan.phases[step.phase]!;
      expect(step.frames).toBe(phase.frames);
      expect(phase.shortCycle.map(({ cropSize, globalBatch }) => `${globalBatch}@${cropSize}`)).toContain(
        `${step.clips}@${step.cropSize}`,
      );
      expect(Number.isFinite(step.loss)).toBe(true);
    }
  });

  test('evaluates at the full shape at every phase end, and all views at the end', async () => {
    const plan = outcome.job.status!.plan!;
    const evaluations = (await job.events('whole')).filter((event) => event.kind === 'evaluation');
    for (const { endEpoch } of plan.phases) {
      expect(evaluations.some(({ at, epoch }) => at === 'full' && epoch === endEpoch)).toBe(true);
    }
    expect(evaluations.at(-1)).toMatchObject({ at: 'test', views: 2, videos: 16 });
  });

  test('leaves the result, the report and the finished object behind', async () => {
    const folder = job.output('whole');
    const result = (await readResult(join(folder, 'result.json')))!;
    const plan = outcome.job.status!.plan!;
    expect(result.planHash).toBe(plan.hash);
    expect(result.iterations).toBe(plan.totals.iterations);
    expect(result.phases).toHaveLength(plan.phases.length);
    expect(result.confusion.flat().reduce((sum, count) => sum + count, 0)).toBe(16);
    expect(result.classNames).toHaveLength(16);
    const report = await readFile(join(folder, 'report.html'), 'utf8');
    expect(report).toContain('<svg');
    expect(report).not.toMatch(/(src|href)="https?:/);
    const stored: unknown = parse(await readFile(join(folder, 'job.yaml'), 'utf8'));
    expect(stored).toMatchObject({
      status: {
        progress: { state: 'Finished', percent: 100, failure: null },
        conditions: expect.arrayContaining([expect.objectContaining({ type: 'Complete', status: 'True' })]),
      },
    });
  });

  test('a finished run that is resumed stays finished and trains nothing again', async () => {
    const before = await job.losses('whole');
    const again = await runJob({
      manifestPath: await job.manifest('job.yaml'),
      outputDir: job.output('whole'),
      resume: true,
    });
    expect(again.kind).toBe('complete');
    expect(await job.losses('whole')).toEqual(before);
  });

  const pythonTest = existsSync(PYTHON) ? test : test.skip;
  pythonTest(
    'the exported model gives the same answers in Python as in Node (needs Python with onnxruntime)',
    async () => {
      const model = join(job.output('whole'), 'model.onnx');
      const clip = Uint8Array.from({ length: 2 * 16 * 64 * 64 * 3 }, (_, i) => (i * 2654435761) >>> 24);
      await writeFile(join(job.folder, 'clip.bin'), clip);
      const script = [
        'import sys, json, numpy, onnxruntime',
        'clip = numpy.fromfile(sys.argv[2], numpy.uint8).reshape(2, 16, 64, 64, 3)',
        'session = onnxruntime.InferenceSession(sys.argv[1])',
        'logits, probabilities = session.run(["logits", "probabilities"], {"clip": clip})',
        'classes = json.loads(session.get_modelmeta().custom_metadata_map["classes"])',
        'answer = {"logits": logits.ravel().tolist(), "rowSums": probabilities.sum(1).tolist(), "classes": len(classes)}',
        'print(json.dumps(answer))',
      ].join('\n');
      const printed = execFileSync(PYTHON, ['-c', script, model, join(job.folder, 'clip.bin')]).toString();
      const answer: unknown = JSON.parse(printed);
      const session = await InferenceSession.create(model);
      const { logits } = await session.run({ clip: new Tensor('uint8', clip, [2, 16, 64, 64, 3]) });
      const expected = Float32Array.from(logits!.data, Number);
      expect(answer).toEqual({
        logits: [...expected].map((value) => expect.closeTo(value, 4)),
        rowSums: [expect.closeTo(1, 5), expect.closeTo(1, 5)],
        classes: 16,
      });
    },
  );

  test('without multigrid is the control run: one shape, the baseline of an I3D', async () => {
    const manifestPath = await job.manifest('baseline.yaml', ({ spec }) => {
      spec.data['train'] = 'data/val.csv';
      spec.model['name'] = 'i3d-small';
      delete spec.multigrid;
    });
    const baseline = await runJob({ manifestPath, outputDir: job.output('baseline'), resume: false });
    expect(baseline.kind).toBe('complete');
    const { phases } = baseline.job.status!.plan!;
    expect(phases.map(({ frames, cropSize, batchFactor }) => [frames, cropSize, batchFactor])).toEqual([
      [16, 64, 1],
      [16, 64, 1],
    ]);
  });

  test('with several classes a video trains a non-local network and is measured by average precision', async () => {
    const lines = (await readFile(join(job.folder, 'data', 'val.csv'), 'utf8')).trim().split('\n');
    const several = lines.map((line) =>
      line.replace(/\d+$/, (label) => `${label},${(Number(label) + 1) % 16}`),
    );
    await writeFile(join(job.folder, 'data', 'several.csv'), `${several.join('\n')}\n`);
    const manifestPath = await job.manifest('several.yaml', ({ spec }) => {
      for (const list of ['train', 'val', 'test']) {
        spec.data[list] = 'data/several.csv';
      }
      spec.model['name'] = 'i3d-nln-small';
      spec.recipe['loss'] = 'binary-cross-entropy';
      spec.recipe['epochs'] = 4;
      spec.recipe['steps'] = [0];
      delete spec.multigrid;
    });
    const run = await runJob({ manifestPath, outputDir: job.output('several'), resume: false });
    expect(run.kind).toBe('complete');
    const evaluations = (await job.events('several')).filter((event) => event.kind === 'evaluation');
    const test = evaluations.at(-1)!;
    const result = (await readResult(join(job.output('several'), 'result.json')))!;
    expect(result).toMatchObject({ mAP: test.mAP, centreMAP: evaluations.at(-2)!.mAP, confusion: [] });
    // Random order would find 2 of 16 classes a video.
    expect(result.mAP).toBeGreaterThan(2 / 16);
    const { progress } = run.job.status!;
    expect(progress!.metrics.map(({ name }) => name)).toEqual(['mAP', 'testMAP']);
    expect(progress!.summary!.metric).toBe(`testMAP ${result.mAP!.toFixed(3)}`);
    const report = await readFile(join(job.output('several'), 'report.html'), 'utf8');
    expect(report).toContain('mAP, one view, full shape');
    expect(report).not.toContain('Confusion matrix');
  });
});
