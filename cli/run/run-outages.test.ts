import { describe, expect, test } from '@jest/globals';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { JobStatus } from '../../multigrid/api/job.ts';
import { JobFile } from '../../job-store/job-file.ts';
import { parseJob } from '../../multigrid/object/job-text.ts';
import { nodeEffects } from '../../job-store/node-effects.ts';
import { waitUntil } from '../../test/cluster/control-plane/wait-until.ts';
import { type Running, startScript } from '../../test/support/run/processes.ts';
import { type ScriptedRun, scriptedRun } from '../../test/support/run/scripted-run.ts';
import { LockLostError } from '../../job-store/lock-errors.ts';
import { runJob } from './run-job.ts';

/** Fifteen iterations, then it stands still until the test lets it go on or asks it to end. */
const PAUSE = { after: 15, then: 'pause' } as const;

const OF_ANOTHER_RUN = JSON.stringify({ pid: 1, host: 'elsewhere', started: '1', token: 'of-another-run' });

function startOperator(run: ScriptedRun, graceMs: number): Running {
  const acts = JSON.stringify([PAUSE, {}]);
  return startScript('run-scripted.ts', [run.manifestPath, run.outputDir, String(graceMs), acts]);
}

async function statusOf(run: ScriptedRun): Promise<JobStatus> {
  const job = await new JobFile(run.outputDir, nodeEffects).read().catch(() => null);
  return job?.status ?? {};
}

async function until(what: string, run: ScriptedRun, condition: () => Promise<boolean>): Promise<void> {
  await waitUntil(async () => ((await condition()) ? true : null), {
    what,
    timeoutMs: 120_000,
    periodMs: 20,
  }).catch(async (error: unknown) => {
    const last = (await run.trace().catch(() => [])).at(-1);
    const { state, conditions } = await statusOf(run);
    throw new Error(`${String(error)}; last seen ${JSON.stringify({ last, state, conditions })}`, {
      cause: error,
    });
  });
}

async function untilPaused(run: ScriptedRun): Promise<void> {
  await until('the trainer to pause', run, async () => {
    const last = (await run.trace().catch(() => [])).at(-1);
    return last?.iteration === PAUSE.after - 1;
  });
}

async function letGoOn(run: ScriptedRun): Promise<void> {
  await writeFile(join(run.outputDir, 'continue'), '');
}

async function expectEveryIterationOnce(run: ScriptedRun): Promise<void> {
  const made = (await run.trace()).map(({ iteration }) => iteration);
  const total = (await statusOf(run)).plan?.totals.iterations ?? 0;
  expect(made).toEqual(Array.from({ length: total }, (_, index) => index));
}

/**
 * Saves as an editor does, and looks whether it stayed: a save in the very moment in which the run writes can be lost
 * (see JobFile), and a person saves again.
 */
async function saveFile(path: string, text: string, hasArrived: () => Promise<boolean>): Promise<void> {
  while (!(await hasArrived())) {
    await writeFile(`${path}.edited`, text);
    await rename(`${path}.edited`, path);
    const untilMs = nodeEffects.monotonicNow() + 2000;
    while (nodeEffects.monotonicNow() < untilMs && !(await hasArrived())) {
      await nodeEffects.sleep(20);
    }
  }
}

/** Whether the file holds a sound job of this spec. */
async function holdsSpec(path: string, spec: unknown): Promise<boolean> {
  try {
    return isDeepStrictEqual(parseJob(await readFile(path, 'utf8'), path).spec, spec);
  } catch {
    return false;
  }
}

describe('a run whose operator is away', () => {
  test('goes on by the plan for phases, and is led again when the operator is back', async () => {
    const run = await scriptedRun();
    const operator = startOperator(run, 50);
    await untilPaused(run);
    operator.kill('SIGSTOP');
    await letGoOn(run);
    await until('the third phase', run, async () => ((await run.trace()).at(-1)?.phase ?? 0) >= 2);
    operator.kill('SIGCONT');
    expect(await operator.ended).toEqual({ code: 0, signal: null, stderr: '' });
    await expectEveryIterationOnce(run);
    const trace = await run.trace();
    expect(trace.some(({ unattended }) => unattended)).toBe(true);
  });

  test('ends its trainer with the operator, and resumes from the checkpoint', async () => {
    const run = await scriptedRun();
    const operator = startOperator(run, 5000);
    await untilPaused(run);
    operator.kill('SIGKILL');
    await operator.ended;
    const outcome = await runJob(run.options([{}], { resume: true }));
    expect(outcome.kind).toBe('complete');
    const second = (await run.trace()).filter(({ attempt }) => attempt === 1);
    expect(second[0]?.iteration).toBe(10);
    // A killed operator is not a failure of the trainer.
    expect(outcome.job.status?.restarts ?? 0).toBe(0);
  });
});

describe('a run whose folder was taken over while its machine slept', () => {
  test.each([
    ['is held by another run', (path: string) => writeFile(path, OF_ANOTHER_RUN)],
    ['was given back by another run', (path: string) => rm(path)],
  ])('ends its trainer and writes nothing more when the folder %s', async (_by, takeOver) => {
    const run = await scriptedRun();
    const running = runJob(run.options([PAUSE]));
    const outcome = expect(running).rejects.toBeInstanceOf(LockLostError);
    await untilPaused(run);
    await takeOver(join(run.outputDir, 'run.lock'));
    await outcome;
    const file = join(run.outputDir, 'job.yaml');
    const text = await readFile(file, 'utf8');
    expect(parseJob(text, file).status?.state).toBe('Running');
    await letGoOn(run);
    const made = (await run.trace()).length;
    await nodeEffects.sleep(100);
    expect((await run.trace()).length).toBe(made);
    expect(await readFile(file, 'utf8')).toBe(text);
  });
});

describe('a run whose job file is edited', () => {
  test('is suspended and resumed by spec.suspend', async () => {
    const run = await scriptedRun();
    const running = runJob(run.options([PAUSE, {}]));
    await untilPaused(run);
    await setSuspend(run, true);
    await until('the run to be suspended', run, async () => (await statusOf(run)).state === 'Suspended');
    expect((await statusOf(run)).progress?.state).toBe('Stopped');
    await setSuspend(run, false);
    const outcome = await running;
    expect(outcome.kind).toBe('complete');
    expect(outcome.job.status).not.toHaveProperty('lastFailure');
    await expectEveryIterationOnce(run);
  });

  test.each([
    ['is broken', () => 'spec: [', 'job.yaml: is not valid YAML'],
    [
      'names another network',
      (text: string) => text.replace('numClasses: 16', 'numClasses: 17'),
      'job.yaml: spec.model.numClasses was changed from 16 to 17, and it cannot change',
    ],
    [
      'has an illegal value',
      (text: string) => text.replace('backoffLimit: 3', 'backoffLimit: -3'),
      'spec.runPolicy.backoffLimit: must be at least 0',
    ],
  ])('says what is wrong while it %s, and goes on when it is right again', async (_how, spoil, message) => {
    const run = await scriptedRun();
    const notices: string[] = [];
    const onNotice = (message: string): void => {
      notices.push(message);
    };
    const running = runJob(run.options([PAUSE], { onNotice }));
    await untilPaused(run);
    const path = join(run.outputDir, 'job.yaml');
    const good = await readFile(path, 'utf8');
    await saveFile(path, spoil(good), () => Promise.resolve(notices.length > 0));
    expect(notices[0]).toContain(message);
    const { spec } = parseJob(good, path);
    await saveFile(path, good, () => holdsSpec(path, spec));
    await letGoOn(run);
    expect((await running).kind).toBe('complete');
  });

  test('waits for its folder when that is away, and goes on when it is back', async () => {
    const run = await scriptedRun();
    const said: string[] = [];
    const onNotice = (notice: string): void => {
      said.push(notice);
    };
    const running = runJob(run.options([PAUSE], { onNotice }));
    await untilPaused(run);
    await rename(run.outputDir, `${run.outputDir}.away`);
    await waitUntil(
      async () => Promise.resolve(said.some((notice) => notice.includes('has disappeared')) || null),
      {
        what: 'a word about the folder',
        timeoutMs: 120_000,
        seen: () => said.join('\n'),
      },
    );
    await rename(`${run.outputDir}.away`, run.outputDir);
    await letGoOn(run);
    expect((await running).kind).toBe('complete');
    await expectEveryIterationOnce(run);
  });

  test('ends the trainer and says so when it is deleted', async () => {
    const run = await scriptedRun();
    const running = runJob(run.options([PAUSE]));
    const outcome = expect(running).rejects.toThrow('the job file does not exist');
    await untilPaused(run);
    await rm(join(run.outputDir, 'job.yaml'));
    await outcome;
    await letGoOn(run);
    const made = (await run.trace()).length;
    await nodeEffects.sleep(100);
    expect((await run.trace()).length).toBe(made);
  });
});

async function setSuspend(run: ScriptedRun, suspend: boolean): Promise<void> {
  const file = new JobFile(run.outputDir, nodeEffects);
  const text = await readFile(file.path, 'utf8');
  const { spec } = parseJob(text.replace(/^( +suspend): (?:true|false)$/m, `$1: ${suspend}`), file.path);
  await file.patch({ writer: 'user', spec });
}
