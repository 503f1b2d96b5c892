/** What `multigrid status` prints of job objects, line by line. */
import { describe, expect, test } from '@jest/globals';
import type { JobStatus } from '../../multigrid/api/job.ts';
import type { Condition, StoredJob } from '../../multigrid/object/job-object.ts';
import { makePlan, makeProgress, makeStoredJob } from '../../test/support/run/jobs.ts';
import type { Paint } from '../display/run-view.ts';
import { jobTable } from './job-table.ts';
import { jobView } from './job-view.ts';

const NOW_MS = Date.parse('2026-01-01T02:00:00Z');
const unpainted: Paint = {
  strong: (text) => text,
  weak: (text) => text,
  good: (text) => text,
  warning: (text) => text,
};

function jobWith(name: string, status: JobStatus, namespace = 'video'): StoredJob {
  const job = makeStoredJob(name);
  const metadata = { ...job.metadata, namespace, creationTimestamp: '2026-01-01T00:00:00Z' };
  return { ...job, metadata, status };
}

function condition(type: string, status: Condition['status'], reason: string, message: string): Condition {
  return { type, status, reason, message, lastTransitionTime: '2026-01-01T00:00:00Z' };
}

const running = condition('Running', 'True', 'WorkersReady', '1 of 1 workers ready');

describe('the table', () => {
  test('has the words of the printer columns, one job a line, by name', () => {
    const jobs = [
      jobWith('second', {
        state: 'Running',
        replicas: 2,
        readyReplicas: 1,
        restarts: 3,
        progress: makeProgress({ summary: { phase: '2/3' } }),
      }),
      jobWith('first', { state: 'Pending', reason: 'Unschedulable' }),
    ];
    expect(jobTable(jobs, false, NOW_MS)).toBe(
      [
        'NAME    STATE    PHASE  SHAPE  EPOCH  PROGRESS  ETA  METRIC  READY  RESTARTS  AGE    REASON',
        'first   Pending  -      -      -             -  -    -           -         0  2h 0m  Unschedulable',
        'second  Running  2/3    -      -             -  -    -         1/2         3  2h 0m',
        '',
      ].join('\n'),
    );
  });

  test('tells namespaces apart where several are shown', () => {
    const jobs = [jobWith('same', {}, 'two'), jobWith('same', {}, 'one')];
    const [head, one, two] = jobTable(jobs, true, NOW_MS).split('\n');
    expect(head).toMatch(/^NAMESPACE +NAME /);
    expect(one).toMatch(/^one +same +Pending/);
    expect(two).toMatch(/^two +same +Pending/);
  });
});

describe('the view of one job', () => {
  test('shows the phases, where the job stands in them, and its conditions', () => {
    const status = {
      state: 'Running' as const,
      plan: makePlan(3),
      progress: makeProgress({ phase: 1, epoch: 1.5, percent: 50, iteration: 15 }),
      conditions: [running],
    };
    expect(jobView(jobWith('digits', status), 80, unpainted, false).slice(-7)).toEqual([
      '  PHASE  SHAPE   BATCH  LR   EPOCHS',
      '      1  2x8x64     16  0.1  0-1     done',
      '      2  2x8x64     16  0.1  1-2     now',
      '      3  2x8x64     16  0.1  2-3',
      '',
      '  CONDITION  STATUS  REASON        MESSAGE',
      '  Running    True    WorkersReady  1 of 1 workers ready',
    ]);
  });

  test('of a job nobody looks after says whom to ask', () => {
    expect(jobView(jobWith('digits', {}), 80, unpainted, false).join('\n')).toContain('multigrid doctor');
  });

  test('shows the last failure with the last lines of its log, fewer of them when drawn live', () => {
    const lastFailure = {
      pod: 'digits-0-abcde',
      exitCode: 137,
      reason: 'OutOfMemory',
      message: ['one', 'two', 'three', 'four', ''].join('\n'),
      time: '2026-01-01T00:00:00Z',
    };
    const job = jobWith('digits', { conditions: [running], lastFailure });
    const whole = jobView(job, 80, unpainted, false);
    expect(whole.slice(-5)).toEqual([
      '  last failure at 2026-01-01T00:00:00Z: OutOfMemory in digits-0-abcde exit code 137',
      '    one',
      '    two',
      '    three',
      '    four',
    ]);
    expect(jobView(job, 80, unpainted, true).slice(-3)).toEqual(['    two', '    three', '    four']);
  });

  test('drawn live keeps to a window of the phases and to the width of the screen', () => {
    const plan = makePlan(20);
    const long = condition('Stalled', 'True', 'ImagePullBackOff', 'x'.repeat(300));
    for (const [phase, first, last] of [
      [0, 1, 5],
      [10, 9, 13],
      [19, 16, 20],
    ] as const) {
      const status = { plan, progress: makeProgress({ phase }), conditions: [long] };
      const lines = jobView(jobWith('digits', status), 72, unpainted, true);
      const numbers = lines.flatMap((line) => /^ +(\d+) {2}2x8x64/.exec(line)?.[1] ?? []);
      expect(numbers).toEqual(Array.from({ length: 5 }, (_, index) => String(first + index)));
      expect(numbers.at(-1)).toBe(String(last));
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(72);
    }
  });

  test('of a job that is complete marks all phases as done', () => {
    const complete = condition('Complete', 'True', 'TrainingFinished', 'trained to the end');
    const progress = makeProgress({ phase: 2, state: 'Finished', percent: 100 });
    const job = jobWith('digits', { state: 'Complete', plan: makePlan(3), progress, conditions: [complete] });
    const text = jobView(job, 80, unpainted, false).join('\n');
    expect(text.match(/ done$/gm)).toHaveLength(3);
    expect(text).not.toMatch(/ now$/m);
  });
});
