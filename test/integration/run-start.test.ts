import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { runJob } from '../../cli/run/run-job.ts';
import { StoppedBeforeStartError } from '../../cli/run/run-errors.ts';
import { type Fault, FaultDisk, whyNoFaultDisk } from '../cluster/cluster.ts';
import { waitUntil } from '../cluster/control-plane/wait-until.ts';
import { type ScriptedRun, withScriptedRun } from '../support/run/scripted-run.ts';

const why = whyNoFaultDisk();
const describeOnDisk = why === null ? describe : describe.skip;
const LONG_MS = 120_000;

describeOnDisk(`a run that begins on a bad day${why === null ? '' : ` (not here: ${why})`}`, () => {
  let disk: FaultDisk;
  let root: string;
  let said: string[];

  beforeEach(() => {
    said = [];
  });

  afterEach(async () => {
    await disk.unmount();
    await rm(root, { recursive: true });
  });

  /** The run's folder, manifest and lists on a disk with these faults. */
  async function onDisk(run: ScriptedRun, faults: readonly Fault[]): Promise<ScriptedRun['options']> {
    root = `${run.folder}-disk`;
    await mkdir(root);
    disk = await FaultDisk.mount(run.folder, root);
    await disk.fail(...faults);
    const onNotice = (notice: string): void => {
      said.push(notice);
    };
    return (acts, change) => ({
      ...run.options(acts, { onNotice, ...change }),
      ...{ manifestPath: join(root, 'job.yaml'), outputDir: join(root, 'run') },
    });
  }

  /** Until the run says it; a run that ends before is told with its end. */
  async function untilSaid(words: RegExp, running: Promise<unknown>): Promise<void> {
    const over = running.then((outcome) => {
      throw new Error(`the run ended before it said ${String(words)}: ${JSON.stringify(outcome)}`);
    });
    const saying = waitUntil(() => Promise.resolve(said.find((notice) => words.test(notice)) ?? null), {
      ...{ what: String(words), timeoutMs: LONG_MS, periodMs: 20, seen: () => said.join('\n') },
    });
    over.catch(() => undefined);
    await Promise.race([saying, over]);
  }

  test.each([
    ['manifest', { operations: ['read'], path: '^job.yaml$', errno: 'EIO' }],
    ['training list', { operations: ['open'], path: '^train.csv$', errno: 'ESTALE' }],
    ['new folder', { operations: ['mkdir'], path: '^run$', errno: 'ETIMEDOUT' }],
    ['lock', { operations: ['create'], path: '^run/run.lock', errno: 'EIO' }],
    ['job file', { operations: ['fsync'], path: '^run/job.yaml', errno: 'ENOTCONN' }],
  ] as const)('waits for its %s, says so, and trains when it is there', async (_what, fault) => {
    await withScriptedRun(async (run) => {
      const options = await onDisk(run, [fault]);
      const outcome = runJob(options([{}]));
      await untilSaid(new RegExp(`fails: .*${fault.errno}.*retrying until the disk responds`), outcome);
      await disk.fail();
      expect(await outcome).toMatchObject({ kind: 'complete', job: { status: { state: 'Complete' } } });
      expect(said).toContain('the disk responds again');
    });
  });

  test('waits for a network file', async () => {
    await withScriptedRun(async (run) => {
      const options = await onDisk(run, [{ operations: ['read', 'open'], path: 'net.onnx$', errno: 'EIO' }]);
      await writeFile(join(run.folder, 'net.onnx'), 'a network');
      await run.writeManifest({ model: { numClasses: 16, onnx: { path: 'net.onnx' } } });
      const stop = new AbortController();
      const running = runJob(options([{}], { signal: stop.signal }));
      const outcome = expect(running).rejects.toThrow(StoppedBeforeStartError);
      await untilSaid(/fails: .*EIO/, running);
      stop.abort();
      await outcome;
    });
  });

  test('does not wait for a disk that is full', async () => {
    await withScriptedRun(async (run) => {
      const options = await onDisk(run, [{ operations: ['create', 'write'], path: '^run', errno: 'ENOSPC' }]);
      await expect(runJob(options([{}]))).rejects.toThrow(/ENOSPC/);
      expect(said).toEqual([]);
    });
  });
});
