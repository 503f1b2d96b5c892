import { describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJob } from '../../multigrid/object/job-text.ts';
import type { StoredJob } from '../../multigrid/object/job-object.ts';
import type { TraceLine } from '../../test/support/run/script.ts';
import { type ScriptedRun, scriptedRun } from '../../test/support/run/scripted-run.ts';
import { runJob } from './run-job.ts';

/** The iterations that count: of each, the one made last. */
function lastOfEach(trace: readonly TraceLine[]): readonly TraceLine[] {
  return [...new Map(trace.map((line) => [line.iteration, line])).values()];
}

async function expectWholePlan(run: ScriptedRun, job: StoredJob): Promise<void> {
  const iterations = job.status?.plan?.totals.iterations ?? 0;
  const trace = lastOfEach(await run.trace());
  expect(trace.map(({ iteration }) => iteration)).toEqual(
    Array.from({ length: iterations }, (_, index) => index),
  );
  expect(iterations).toBeGreaterThan(50);
}

async function eventsOf(run: ScriptedRun): Promise<readonly string[]> {
  const text = await readFile(join(run.outputDir, 'events.jsonl'), 'utf8');
  return [...text.matchAll(/"reason":"(\w+)"/g)].map(([, reason]) => reason ?? '');
}

describe('a run on this machine', () => {
  test('leads the trainer through every phase once and ends complete', async () => {
    const run = await scriptedRun();
    const seen: StoredJob[] = [];
    const outcome = await runJob(
      run.options([], {
        onStatus: (job) => {
          seen.push(job);
        },
      }),
    );
    expect(outcome.kind).toBe('complete');
    await expectWholePlan(run, outcome.job);
    const trace = await run.trace();
    expect(trace.every(({ generation, phase, unattended }) => generation === phase + 1 && !unattended)).toBe(
      true,
    );
    expect(outcome.job.status).toMatchObject({
      state: 'Complete',
      progress: { summary: { phase: '10/10', shape: '1x16x64', progress: '100%' } },
    });
    expect(await eventsOf(run)).toEqual([
      'PlanComputed',
      ...Array<string>(9).fill('PhaseAdvanced'),
      'TrainingFinished',
    ]);
    expect(seen.at(-1)).toEqual(outcome.job);
    expect(parseJob(await readFile(join(run.outputDir, 'job.yaml'), 'utf8'), 'job.yaml')).toEqual(
      outcome.job,
    );
  });

  test('starts a trainer that crashed or was killed again from its checkpoint', async () => {
    const run = await scriptedRun();
    const outcome = await runJob(
      run.options([
        { after: 25, then: 'exit', code: 1, says: 'Segmentation fault in the third layer' },
        { after: 8, then: 'sigkill' },
        {},
      ]),
    );
    expect(outcome.kind).toBe('complete');
    await expectWholePlan(run, outcome.job);
    const firsts = new Map(
      (await run.trace()).toReversed().map(({ attempt, iteration }) => [attempt, iteration]),
    );
    expect([...firsts.entries()].toSorted()).toEqual([
      [0, 0],
      [1, 20],
      [2, 20],
    ]);
    expect(outcome.job.status?.restarts).toBe(2);
    expect(outcome.job.status?.lastFailure).toMatchObject({ exitCode: 137, reason: 'TrainerFailed' });
  });

  test('fails at once when another try cannot help, with the reason and the last lines of the log', async () => {
    const run = await scriptedRun();
    const failure = {
      reason: 'LossNotFinite',
      message: 'the loss is NaN at iteration 12',
      retryable: false,
    };
    const outcome = await runJob(
      run.options([
        { after: 12, then: 'exit', code: 65, failure, says: '{"level":"warn","message":"loss 9e37"}' },
      ]),
    );
    expect(outcome).toMatchObject({
      kind: 'failed',
      reason: 'LossNotFinite',
      exitCode: 65,
      message: failure.message,
    });
    expect(outcome.job.status?.lastFailure?.message).toBe('the loss is NaN at iteration 12\nwarn: loss 9e37');
    expect(outcome.job.status?.progress?.lastCheckpoint?.iteration).toBe(10);
  });

  test('gives up when the trainer fails more often than backoffLimit', async () => {
    const run = await scriptedRun();
    await run.writeManifest({ runPolicy: { backoffLimit: 1 } });
    const outcome = await runJob(run.options([{ after: 2, then: 'exit', code: 3 }]));
    expect(outcome).toMatchObject({ kind: 'failed', reason: 'BackoffLimitExceeded', exitCode: 3 });
    expect(new Set((await run.trace()).map(({ attempt }) => attempt))).toEqual(new Set([0, 1]));
  });

  test('restarts a trainer that hangs', async () => {
    const run = await scriptedRun();
    // As long as a healthy trainer may be silent on a busy machine.
    await run.writeManifest({ runPolicy: { progressDeadlineSeconds: 4 } });
    const outcome = await runJob(run.options([{ after: 15, then: 'hang' }, {}]));
    expect(outcome.kind).toBe('complete');
    await expectWholePlan(run, outcome.job);
    expect(await eventsOf(run)).toContain('ProgressDeadlineExceeded');
  });

  test('stops with a checkpoint when it is asked to, and goes on where it was', async () => {
    const run = await scriptedRun();
    const stop = new AbortController();
    const interrupted = await runJob(
      run.options([], {
        signal: stop.signal,
        onStatus: ({ status }) => {
          if ((status?.progress?.iteration ?? 0) > 20) {
            stop.abort();
          }
        },
      }),
    );
    expect(interrupted).toMatchObject({ kind: 'interrupted', job: { status: { state: 'Suspended' } } });
    const made = (await run.trace()).length;
    expect(interrupted.job.status?.progress).toMatchObject({ state: 'Stopped', iteration: made });

    const outcome = await runJob(run.options([], { resume: true }));
    expect(outcome.kind).toBe('complete');
    await expectWholePlan(run, outcome.job);
    expect((await run.trace()).length).toBe(outcome.job.status?.plan?.totals.iterations);
  });

  test('ends a trainer that does not stop when it is asked twice', async () => {
    const run = await scriptedRun();
    const [stop, kill] = [new AbortController(), new AbortController()];
    const outcome = await runJob(
      run.options([{ after: 5, then: 'ignore-sigterm' }], {
        signal: stop.signal,
        killSignal: kill.signal,
        onStatus: ({ status }) => {
          if ((status?.progress?.iteration ?? 0) >= 1) {
            stop.abort();
          }
          if (status?.conditions?.some(({ reason }) => reason === 'Stopping') === true) {
            kill.abort();
          }
        },
      }),
    );
    expect(outcome.kind).toBe('interrupted');
  });

  test('starts nothing when it was stopped before it began', async () => {
    const run = await scriptedRun();
    const outcome = await runJob(run.options([], { signal: AbortSignal.abort() }));
    expect(outcome.kind).toBe('interrupted');
    await expect(run.trace()).rejects.toThrow('ENOENT');
  });
});
