/**
 * A network of one's own through the whole product: a file exported from PyTorch trains under the grid, is killed and goes
 * on to the same losses, and leaves a model that any ONNX Runtime runs.
 */
import { copyFile, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fromBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from 'onnx-buf';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { runJob } from '../../cli/run/run-job.ts';
import { multigrid, startMultigrid } from '../support/command-line.ts';
import { decodeTensorFile } from '../../trainer-image/weights/safetensors.ts';
import { SmallJob } from '../support/small-job.ts';

const NETWORK = join(import.meta.dirname, '..', 'fixtures', 'onnx', 'tiny_network.onnx');
const FIXED = join(import.meta.dirname, '..', 'fixtures', 'onnx', 'tiny_mvit.onnx');

describe("a network of one's own", () => {
  let job: SmallJob;
  let manifestPath: string;

  beforeAll(async () => {
    job = await SmallJob.make();
    await copyFile(NETWORK, join(job.folder, 'net.onnx'));
    await copyFile(FIXED, join(job.folder, 'fixed.onnx'));
    manifestPath = await job.manifest('job.yaml', ({ spec }) => {
      spec.model = { onnx: { path: 'net.onnx' }, numClasses: 16, dropout: '0.1' };
    });
  });

  afterAll(async () => {
    await job.remove();
  });

  test('trains through every shape, and goes on after SIGKILL to the same losses', async () => {
    const outcome = await runJob({ manifestPath, outputDir: job.output('whole'), resume: false });
    expect({
      kind: outcome.kind,
      log: outcome.kind === 'complete' || (await job.trainerLog('whole')),
    }).toEqual({
      kind: 'complete',
      log: true,
    });
    const losses = await job.losses('whole');
    const shapes = new Set(
      (await job.events('whole')).flatMap((event) =>
        event.kind === 'step' ? [`${event.frames}x${event.cropSize}`] : [],
      ),
    );
    expect(shapes.size).toBeGreaterThan(3);
    expect(losses.at(-1)!).toBeLessThan(losses[0]!);

    const arguments_ = ['run', '-f', manifestPath, '--output', job.output('killed')];
    const running = startMultigrid(arguments_, job.folder);
    await running.until('half of the steps', async () => {
      const made = await job.losses('killed').catch(() => []);
      return made.length >= losses.length / 2;
    });
    running.killAll();
    await running.ended;
    const end = await multigrid([...arguments_, '--resume'], job.folder);
    expect({ code: end.code, stderr: end.stderr }).toMatchObject({ code: 0 });
    expect(await job.losses('killed')).toEqual(losses);
  });

  test('becomes a model that takes uint8 clips', async () => {
    const session = await InferenceSession.create(join(job.output('whole'), 'model.onnx'));
    const clip = new Tensor('uint8', new Uint8Array(2 * 16 * 64 * 64 * 3), [2, 16, 64, 64, 3]);
    const { logits, probabilities } = await session.run({ clip });
    expect(logits!.dims).toEqual([2, 16]);
    expect(probabilities!.dims).toEqual([2, 16]);
  });

  test('is exported from its checkpoint: the model that the run wrote, and weights under the names of the file', async () => {
    const folder = join(job.folder, 'exported');
    const io = await multigrid(['export', '--run', job.output('whole'), '--output', folder], job.folder);
    expect({ code: io.code, stderr: io.stderr }).toMatchObject({ code: 0, stderr: '' });
    const model = await readFile(join(folder, 'model.onnx'));
    expect(model.equals(await readFile(join(job.output('whole'), 'model.onnx')))).toBe(true);
    const { graph } = fromBinary(ModelProtoSchema, model);
    expect(graph?.node.map(({ opType }) => opType)).not.toContain('BatchNormalization');
    const weights = decodeTensorFile(await readFile(join(folder, 'weights.safetensors')));
    expect([...weights.tensors.keys()].toSorted()).toEqual([
      'body.0.weight',
      ...['bias', 'running_mean', 'running_var', 'weight'].map((part) => `body.1.${part}`),
      'head.bias',
      'head.weight',
      'stem.0.weight',
      ...['bias', 'running_mean', 'running_var', 'weight'].map((part) => `stem.1.${part}`),
    ]);
    expect(weights.tensors.get('head.weight')?.dims).toEqual([16, 16]);
    expect(await readFile(join(folder, 'README.md'), 'utf8')).toContain('state_dict');
  });

  test('is exported only with the file it was trained from, wherever that is', async () => {
    const moved = join(job.folder, 'moved.onnx');
    const arguments_ = ['export', '--run', job.output('whole'), '--output', join(job.folder, 'out.onnx')];
    await rename(join(job.folder, 'net.onnx'), moved);
    const gone = await multigrid(arguments_, job.folder);
    expect(gone).toMatchObject({ code: 66, stderr: expect.stringContaining('say with --network') });
    const found = await multigrid([...arguments_, '--network', moved], job.folder);
    expect({ code: found.code, stderr: found.stderr }).toMatchObject({ code: 0 });
    await copyFile(FIXED, join(job.folder, 'net.onnx'));
    const other = await multigrid(arguments_, job.folder);
    expect(other).toMatchObject({ code: 66, stderr: expect.stringContaining('is not the file') });
    await rename(moved, join(job.folder, 'net.onnx'));
  });

  test('that does not take the shapes of the plan is refused before anything is started', async () => {
    const path = await job.manifest('fixed.yaml', ({ spec }) => {
      spec.model = { onnx: { path: 'fixed.onnx' }, numClasses: 16, dropout: '0' };
    });
    const run = await multigrid(['run', '-f', path, '--output', job.output('fixed')], job.folder);
    expect(run.code).toBe(65);
    expect(run.stderr).toMatch(/spec\.model\.onnx: the network cannot take .* node "/);
    const plan = await multigrid(['plan', '-f', path], job.folder);
    expect(plan.code).toBe(2);
    expect(plan.stderr).toContain('the network cannot take');
  });

  test('that is not there is named', async () => {
    const path = await job.manifest('gone.yaml', ({ spec }) => {
      spec.model = { onnx: { path: 'gone.onnx' }, numClasses: 16 };
    });
    const run = await multigrid(['run', '-f', path, '--output', job.output('gone')], job.folder);
    expect(run).toMatchObject({ code: 65, stderr: expect.stringContaining('gone.onnx cannot be read') });
    const validate = await multigrid(['validate', '-f', path], job.folder);
    expect(validate).toMatchObject({ code: 0, stderr: expect.stringContaining('was not checked') });
  });
});
