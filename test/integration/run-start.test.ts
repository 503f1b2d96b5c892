import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { runJob } from '../../cli/run/run-job.ts';
import { StoppedBeforeStartError } from '../../cli/run/run-errors.ts';
import { type Fault, type FaultDisk, whyNoFaultDisk, withFaultDisk } from '../cluster/cluster.ts';
import { waitUntil } from '../cluster/control-plane/wait-until.ts';
import { type ScriptedRun, scriptedRun } from '../support/run/scripted-run.ts';

const why = whyNoFaultDisk();
const describeOnDisk = why === null ? describe : describe.skip;
const LONG_MS = 120_000;

describeOnDisk(`a run that begins on a bad day${why === null ? '' : ` (not here: ${why})`}`, () => {
  interface Scene {
    readonly run: ScriptedRun;
    readonly disk: FaultDisk;
    /** As of a scripted run, with its folder, manifest and lists on the disk. */
    readonly options: ScriptedRun['options'];
    /** What the run has said so far. */
    readonly said: readonly string[];
  }

  async function onDisk(faults: readonly Fault[], work: (scene: Scene) => Promise<void>): Promise<void> {
    const run = await scriptedRun();
    await withFaultDisk(run.folder, async (disk) => {
      await disk.fail(...faults);
      const said: string[] = [];
      const onNotice = (notice: string): void => {
        said.push(notice);
      };
      const [manifestPath, outputDir] = [join(disk.root, 'job.yaml'), join(disk.root, 'run')];
      const options: Scene['options'] = (acts, change) => ({
        ...run.options(acts, { onNotice, ...change }),
        ...{ manifestPath, outputDir },
      });
      await work({ run, disk, options, said });
    });
  }

  /** Until the run says it; a run that ends before is told with its end. */
  async function untilSaid(words: RegExp, said: readonly string[], running: Promise<unknown>): Promise<void> {
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
    await onDisk([fault], async ({ disk, options, said }) => {
      const outcome = runJob(options([{}]));
      await untilSaid(new RegExp(`fails: .*${fault.errno}.*retrying until the disk responds`), said, outcome);
      await disk.fail();
      expect(await outcome).toMatchObject({ kind: 'complete', job: { status: { state: 'Complete' } } });
      expect(said).toContain('the disk responds again');
    });
  });

  test('waits for a network file', async () => {
    const fault: Fault = { operations: ['read', 'open'], path: 'net.onnx$', errno: 'EIO' };
    await onDisk([fault], async ({ run, options, said }) => {
      await writeFile(join(run.folder, 'net.onnx'), 'a network');
      await run.writeManifest({ model: { numClasses: 16, onnx: { path: 'net.onnx' } } });
      const stop = new AbortController();
      const running = runJob(options([{}], { signal: stop.signal }));
      const outcome = expect(running).rejects.toThrow(StoppedBeforeStartError);
      await untilSaid(/fails: .*EIO/, said, running);
      stop.abort();
      await outcome;
    });
  });

  test('does not wait for a disk that is full', async () => {
    const fault: Fault = { operations: ['create', 'write'], path: '^run', errno: 'ENOSPC' };
    await onDisk([fault], async ({ options, said }) => {
      await expect(runJob(options([{}]))).rejects.toThrow(/ENOSPC/);
      expect(said).toEqual([]);
    });
  });
});
