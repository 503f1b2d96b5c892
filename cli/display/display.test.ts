import { describe, expect, test } from '@jest/globals';
import { PassThrough } from 'node:stream';
import type { JobStatus } from '../../multigrid/api/job.ts';
import type { Condition, StoredJob } from '../../multigrid/object/job-object.ts';
import { makePhase, makePlan, makeProgress, makeStoredJob } from '../../test/support/run/jobs.ts';
import type { Screen } from '../io.ts';
import { PlainLines } from './plain-lines.ts';
import { createRunDisplay } from './run-display.ts';
import { type Paint, runView } from './run-view.ts';
import { scheduleStrip } from './schedule-strip.ts';

const plan = makePlan(4, {
  phases: [
    makePhase(0, { batchFactor: 8, frames: 4, cropSize: 45, globalBatch: 64 }),
    makePhase(1, { batchFactor: 2, frames: 8, cropSize: 64 }),
    makePhase(2, { batchFactor: 1, frames: 16, cropSize: 64, globalBatch: 8 }),
    makePhase(3, { batchFactor: 8, frames: 4, cropSize: 45, globalBatch: 64 }),
  ],
});

const unpainted: Paint = {
  strong: (text) => text,
  weak: (text) => text,
  good: (text) => text,
  warning: (text) => text,
};

function jobWith(status: JobStatus): StoredJob {
  return { ...makeStoredJob('digits'), status };
}

function holding(type: Condition['type'], message: string, change: Partial<Condition> = {}): Condition {
  return {
    type,
    status: 'True',
    observedGeneration: 1,
    lastTransitionTime: '2026-01-01T00:00:00Z',
    reason: 'Because',
    message,
    ...change,
  };
}

const training = makeProgress({
  phase: 1,
  epoch: 1.5,
  iteration: 15,
  percent: 37.5,
  etaSeconds: 83,
  loss: 1.2345,
  clipsPerSecond: 212.4,
  dataWaitRatio: 0.021,
  badClips: 3,
  metrics: [{ name: 'top1', value: 0.873 }],
});

describe('the live view', () => {
  test('shows schedule, progress, numbers and the newest accuracy', () => {
    expect(runView(jobWith({ state: 'Running', plan, progress: training }), 80, unpainted)).toEqual([
      'digits  training',
      '  ▁▄█▁',
      '  ━━━━━━━━━━━━━━━───────────────────────── 37 %  1m 23s left',
      '  phase 2 of 4  2 x 8 x 64  epoch 1.5 of 4  iteration 15 of 40',
      '  loss 1.23  lr 0.1  212 clips/s  data wait 2 %  3 bad clips',
      '  top-1 at the full shape 87.3 %',
    ]);
  });

  test('shows what a person should look at', () => {
    const conditions = [
      holding('Restarting', 'the trainer exited with code 1\nlast line'),
      holding('DataBound', '30 % …'),
    ];
    const progress = { ...training, unattended: true };
    expect(
      runView(jobWith({ state: 'Restarting', plan, progress, conditions }), 80, unpainted).slice(0, 4),
    ).toEqual([
      'digits  training',
      '  restarting: the trainer exited with code 1',
      '  slowed down by the data: 30 % …',
      '  the operator does not respond; training continues by the plan',
    ]);
  });

  test('is one line before there is anything to show', () => {
    expect(runView(jobWith({}), 80, unpainted)).toEqual(['digits  starting']);
    expect(runView(jobWith({ plan, state: 'Pending' }), 80, unpainted)).toEqual(['digits  starting']);
  });

  test('never draws a schedule wider than it may, and divides it where training stands', () => {
    const long = makePlan(300);
    for (const width of [1, 10, 59]) {
      const { done, ahead } = scheduleStrip(long, 150, width);
      expect(done.length + ahead.length).toBe(width);
      expect(done.length).toBe(Math.floor(width / 2));
    }
    expect(scheduleStrip(long, 300, 60).ahead).toBe('');
  });
});

describe('plain lines', () => {
  test('tell of the plan, each phase, each evaluation and each concern once', () => {
    const lines = new PlainLines();
    const running = holding('Running', 'the workers are running and reporting');
    const at = (status: JobStatus, nowMs = 0): readonly string[] =>
      lines.next(jobWith({ ...status, conditions: [running, ...(status.conditions ?? [])] }), nowMs);
    expect(at({})).toEqual([]);
    expect(at({ plan })).toEqual([
      'plan: 4 phases over 4 epochs, 40 iterations, 3.00 times fewer frame-pixels than the baseline',
    ]);
    expect(at({ plan, progress: makeProgress({ state: 'Preparing' }) })).toEqual(['getting ready']);
    const first = { plan, progress: { ...training, phase: 0, metrics: [] } };
    expect(at(first)).toEqual([
      'phase 1 of 4: 8 x 4 x 45, 64 clips a step, epochs 0 to 1',
      '37 %  epoch 1.5 of 4  loss 1.23  lr 0.1  212 clips/s  data wait 2 %  3 bad clips  1m 23s left',
    ]);
    expect(at(first, 9999)).toEqual([]);
    expect(at({ plan, progress: training }, 9999)).toEqual([
      'phase 2 of 4: 2 x 8 x 64, 16 clips a step, epochs 1 to 2',
      'epoch 1.5: top-1 at the full shape 87.3 %',
    ]);
    const conditions = [holding('Stalled', 'no report for 900 s')];
    expect(at({ plan, progress: training, conditions }, 9999)).toEqual(['no progress: no report for 900 s']);
    expect(at({ plan, progress: training, conditions }, 9999)).toEqual([]);
  });

  test('repeat nothing of what an earlier trainer said', () => {
    const conditions = [holding('Running', 'the workers are being started', { status: 'False' })];
    const lines = new PlainLines().next(jobWith({ plan, progress: training, conditions }), 0);
    expect(lines).toEqual([expect.stringMatching(/^plan: /)]);
  });

  test('say about every ten seconds how far it is', () => {
    const lines = new PlainLines();
    const job = jobWith({ plan, progress: training, conditions: [holding('Running', 'it runs')] });
    const written = Array.from({ length: 61 }, (_, second) => lines.next(job, second * 1000)).flat();
    expect(written.filter((line) => line.startsWith('37 %'))).toHaveLength(7);
  });
});

describe('the display', () => {
  function onScreen(): { readonly screen: Screen; readonly text: () => string } {
    let text = '';
    const stream = new PassThrough();
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    return { screen: Object.assign(stream, { isTTY: true, columns: 80 }), text: () => text };
  }

  test('draws over itself on a screen and leaves notices standing', () => {
    const { screen, text } = onScreen();
    const display = createRunDisplay({ screen, stderr: () => undefined }, Date.now);
    display.show(jobWith({ state: 'Running', plan, progress: training }));
    display.notice('stopping');
    display.show(jobWith({ state: 'Running', plan, progress: { ...training, iteration: 16 } }));
    display.close();
    expect(text()).toContain('iteration 15 of 40');
    expect(text()).toContain('stopping\n');
    expect(text().split('\u001B[2K').length).toBeGreaterThan(2);
    expect(text().lastIndexOf('iteration 16 of 40')).toBeGreaterThan(text().indexOf('stopping'));
  });

  test('writes plain lines where there is no screen', () => {
    const written: string[] = [];
    const stderr = (text: string): void => {
      written.push(text);
    };
    const display = createRunDisplay({ stderr }, () => 0);
    display.show(jobWith({ plan, progress: training }));
    display.notice('stopping');
    display.close();
    expect(written.at(-1)).toBe('stopping\n');
    expect(written.join('')).not.toContain('\u001B');
    expect(written.every((line) => line.endsWith('\n'))).toBe(true);
  });
});
