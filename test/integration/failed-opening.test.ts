/**
 * A trainer that cannot open one of the things it needs, each of them in turn and by a real cause: it ends with that cause,
 * and everything that was already open is closed.
 */
import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { readRunRequest } from '../../cli/run/run-request.ts';
import { directiveFor } from '../../multigrid/directive.ts';
import { formatJob } from '../../multigrid/object/job-text.ts';
import { closingAll, type Opened } from '../../trainer-image/closing.ts';
import { JointStop } from '../../trainer-image/train/collective/joint-stop.ts';
import { openTraining } from '../../trainer-image/train/open-training.ts';
import { prepare } from '../../trainer-image/train/prepare.ts';
import { ProgressReporter } from '../../trainer-image/train/progress/progress-reporter.ts';
import type { TrainerEnd } from '../../trainer-image/train/run-trainer.ts';
import { loneSurroundings, type LoneTrainerOptions, runLoneTrainer } from '../support/run/lone-trainer.ts';
import { type Manifest, SmallJob } from '../support/small-job.ts';
import { waitUntil } from '../cluster/control-plane/wait-until.ts';

function shorten({ spec }: Manifest): void {
  spec.recipe = {
    ...spec.recipe,
    ...{ cropSize: 32, epochs: 3, steps: [0, 2] },
    warmup: { epochs: '1', learningRate: '0.002' },
  };
  spec.data['jitterScales'] = [34, 40];
  spec.checkpoint = { everyIterations: 1, keep: 3 };
}

const MAIN = join(import.meta.dirname, '..', '..', 'trainer-image', 'main.ts');

/** Processes that this one has started and that still run. */
async function children(): Promise<readonly string[]> {
  const tasks = await readdir('/proc/self/task');
  const lists = await Promise.all(
    tasks.map((task) => readFile(`/proc/self/task/${task}/children`, 'utf8').catch(() => '')),
  );
  return lists.flatMap((list) => list.split(' ').filter((pid) => pid !== ''));
}

/** Files below a folder that this process has open. */
async function openFiles(folder: string): Promise<readonly string[]> {
  const links = await Promise.all(
    (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
  );
  return links.filter((path) => path.startsWith(folder));
}

describe('a trainer that cannot open', () => {
  let job: SmallJob;
  let before: readonly string[];

  beforeAll(async () => {
    job = await SmallJob.make();
  });

  beforeEach(async () => {
    before = await children();
  });

  afterAll(async () => {
    await job.remove();
  });

  interface Attempt {
    readonly change?: (manifest: Manifest) => void;
    readonly options?: Partial<LoneTrainerOptions>;
    /** Done in the run's folder before the trainer starts. */
    readonly spoil?: (outputDir: string) => Promise<unknown>;
  }

  let attempts = 0;
  /** How it ends; nothing of it is left, and closing it all went well. */
  async function ends({ change, options, spoil }: Attempt): Promise<TrainerEnd> {
    attempts += 1;
    const manifestPath = await job.manifest(`${attempts}.yaml`, (manifest) => {
      shorten(manifest);
      change?.(manifest);
    });
    const outputDir = job.output(`${attempts}`);
    await mkdir(outputDir, { recursive: true });
    await spoil?.(outputDir);
    const { end, logged } = await runLoneTrainer({ manifestPath, outputDir, ...options });
    expect(logged.filter((message) => message.includes('could not be closed'))).toEqual([]);
    await nothingIsLeft();
    return end;
  }

  async function nothingIsLeft(): Promise<void> {
    // A watch of the job's file may just be reading it for the last time.
    await waitUntil(async () => ((await openFiles(job.folder)).length === 0 ? true : null), {
      what: 'the end of all files',
      timeoutMs: 60_000,
    });
    await waitUntil(async () => ((await children()).every((pid) => before.includes(pid)) ? true : null), {
      what: 'the end of the decoders',
      timeoutMs: 60_000,
    });
  }

  /** Name and message of the error that ended it. */
  async function error(attempt: Attempt): Promise<string> {
    const end = await ends(attempt);
    return end.kind === 'failed' ? String(end.error) : end.kind;
  }

  const folderNamed =
    (name: string) =>
    (outputDir: string): Promise<unknown> =>
      mkdir(join(outputDir, name));

  test("ONNX Runtime's library says so", async () => {
    const options = { surroundings: { onnxRuntime: '/nowhere/libonnxruntime.so' } };
    expect(await error({ options })).toMatch(/^EngineError: .*\/nowhere\/libonnxruntime\.so/);
  });

  test('the weights it is to start from says so', async () => {
    const change = ({ spec }: Manifest): void => {
      spec.model['pretrained'] = { path: 'nowhere.safetensors' };
    };
    expect(await error({ change })).toMatch(/^WeightsFileError: .*nowhere\.safetensors/);
  });

  test('a checkpoint of another seed says so, and has its parameters already', async () => {
    const stop = new AbortController();
    const first = await runLoneTrainer({
      manifestPath: await job.manifest('first.yaml', shorten),
      outputDir: job.output('first'),
      surroundings: {
        onEvent: ({ kind }) => {
          if (kind === 'step') {
            stop.abort(new Error('enough'));
          }
        },
      },
      signal: stop.signal,
    });
    expect(first.end.kind).toBe('stopped');
    const change = ({ spec }: Manifest): void => {
      spec.recipe['seed'] = 77;
    };
    const options = { outputDir: job.output('first') };
    expect(await error({ change, options })).toMatch(/^ResumeMismatchError: .*seed 77/);
  });

  test('the gate of a directive that shares clips out by another rule says so', async () => {
    const manifestPath = await job.manifest('directed.yaml', shorten);
    const outputDir = job.output('directed');
    const { plan, surroundings } = await loneSurroundings({ manifestPath, outputDir });
    const given = directiveFor(plan, 0, { generation: 1, workers: 1, microBatch: 0 });
    const directive = { ...given, sharing: { ...given.sharing!, groups: given.sharing!.groups + 1 } };
    const link = { ...surroundings.link, directive: () => directive };
    const { end } = await runLoneTrainer({ manifestPath, outputDir, surroundings: { link } });
    expect(String(end.kind === 'failed' && end.error)).toMatch(
      /^DirectiveError: directive 1 shares phase 1 /,
    );
    await nothingIsLeft();
  });

  test('its log of metrics says so', async () => {
    expect(await error({ spoil: folderNamed('metrics.jsonl') })).toMatch(/EISDIR/);
  });

  test('the micro-batches of an earlier trainer says so, and has its decoders already', async () => {
    expect(await error({ spoil: folderNamed('micro-batches.json') })).toMatch(/EISDIR/);
  });

  test('a step, for want of memory, says so', async () => {
    const change = ({ spec }: Manifest): void => {
      spec.recipe['cropSize'] = 64;
      spec.data['jitterScales'] = [66, 76];
      spec['workers'] = { activationMemoryMiB: 1 };
    };
    expect(await error({ change })).toMatch(/^NotEnoughMemoryError: /);
  });

  test('the file of its model, at the very end, says so', async () => {
    const change = ({ spec }: Manifest): void => {
      spec.recipe = { ...spec.recipe, test: { temporalViews: 1, spatialViews: 1 } };
    };
    expect(await error({ change, spoil: folderNamed('model.onnx') })).toMatch(/EISDIR/);
  });

  test('the micro-batches of an earlier trainer ends as a process too, by itself and with its code', async () => {
    const manifestPath = await job.manifest('process.yaml', shorten);
    const outputDir = job.output('process');
    await mkdir(join(outputDir, 'micro-batches.json'), { recursive: true });
    const { job: object, plan, dataRoot } = await readRunRequest(manifestPath);
    const file = join(outputDir, 'job.yaml');
    await writeFile(file, formatJob({ ...object, status: { plan } }));
    const env = { MULTIGRID_JOB_FILE: file, MULTIGRID_OUTPUT: outputDir, MULTIGRID_DATA_ROOT: dataRoot };
    const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (said += text));
    }
    await waitUntil(() => Promise.resolve(child.exitCode === null ? null : true), {
      what: 'the end of the trainer',
      timeoutMs: 180_000,
      seen: () => said,
    }).finally(() => child.kill('SIGKILL'));
    expect({ code: child.exitCode, said }).toEqual({ code: 70, said: expect.stringContaining('EISDIR') });
    expect(said).not.toContain('still open');
    expect(await readFile(file, 'utf8')).toContain('TrainerCrashed');
  });

  test('whatever comes after any of its openings leaves nothing behind', async () => {
    const manifestPath = await job.manifest('each.yaml', shorten);
    const outputDir = job.output('each');
    const signal = new AbortController().signal;
    const kept: string[] = [];
    let wasLast = false;
    for (let failing = 1; !wasLast; failing += 1) {
      const { surroundings } = await loneSurroundings({ manifestPath, outputDir });
      const reporter = new ProgressReporter(surroundings.link, surroundings.wallClock);
      const object = await surroundings.link.job();
      const prepared = await prepare(object, surroundings, reporter, signal);
      const stop = new JointStop(surroundings.collective, signal);
      let count = 0;
      const unclosed: string[] = [];
      const end = await closingAll(
        async (opened) => {
          const failsThere: Opened = {
            keep: (what, resource, close) => {
              const same = opened.keep(what, resource, close);
              count += 1;
              if (count === failing) {
                kept.push(what);
                throw new Error(`after ${what}`);
              }
              return same;
            },
          };
          await openTraining({ prepared, surroundings, reporter, stop }, failsThere, signal);
          return 'all is open';
        },
        (what) => unclosed.push(what),
      ).catch((error: unknown) => String(error));
      wasLast = end === 'all is open';
      expect(['all is open', `Error: after ${kept.at(-1)}`]).toContain(end);
      expect(unclosed).toEqual([]);
      await nothingIsLeft();
    }
    expect(kept).toEqual([
      'the engine',
      'the parameters',
      'the log of metrics',
      'the decoders',
      'the graphs of the steps',
    ]);
  });

  test('because it is asked to stop, stops', async () => {
    const signal = AbortSignal.abort(new Error('SIGTERM'));
    expect((await ends({ options: { signal } })).kind).toBe('stopped');
    await rm(job.output(`${attempts}`), { recursive: true });
  });
});
