/** A job whose workers end again and again: what counts is not what ended them but whether training gets on. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { operatorStatusOf } from '../../multigrid/object/job-object.ts';
import type { Progress } from '../../multigrid/progress.ts';
import { after, conditionOf, ended, observation, progressNow } from '../../test/support/run/observations.ts';
import type { EndCause, Workers } from '../platform/platform.ts';
import { decide } from './decide.ts';
import type { Decision } from './decision.ts';

const BACKOFF_LIMIT = 3;
const MOST_DISRUPTIONS = 20;

interface Life {
  readonly exitCode?: number;
  readonly cause?: EndCause;
  /** Null: ended before it said anything. */
  readonly progress: Partial<Progress> | null;
}

const EVICTED: EndCause = { kind: 'failure', reason: 'Evicted', message: 'took too much scratch space' };
const PREEMPTED: EndCause = { kind: 'disruption', reason: 'Preempted', message: 'made room' };

/** What is decided when workers live and end like this, one after the other; ends with the job. */
function decideAfter(lives: readonly Life[]): { readonly decision: Decision; readonly ends: number } {
  const spec = { runPolicy: { backoffLimit: BACKOFF_LIMIT } };
  let look = observation({ spec });
  let decision = decide(look);
  for (const [index, { exitCode = 70, cause = null, progress }] of lives.entries()) {
    const gone: Workers = { ...ended(exitCode, '', cause), id: `trainer-${index}` };
    look = after(look, decision, { workers: gone });
    const said = progress === null ? {} : { progress: progressNow(progress) };
    decision = decide({ ...look, job: { ...look.job, status: { ...operatorStatusOf(look.job), ...said } } });
    if (decision.status.state === 'Failed') {
      return { decision, ends: index + 1 };
    }
  }
  return { decision, ends: lives.length };
}

const saved = (iteration: number) => ({ path: `checkpoints/${iteration}`, iteration, epoch: 1 });
/** Went on at one step, left a checkpoint at another. */
const worked = (resumedFrom: number, iteration: number): Partial<Progress> => ({
  ...{ resumedFrom, iteration },
  lastCheckpoint: iteration > 0 ? saved(iteration) : null,
});
const times = <T>(count: number, make: (index: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, index) => make(index));

describe('workers that end again and again', () => {
  test.each<[string, Omit<Life, 'progress'>]>([
    ['fail', {}],
    ['are evicted for what they take', { exitCode: 137, cause: EVICTED }],
    ['are asked to end by nobody knows whom', { exitCode: 143 }],
    ['are killed', { exitCode: 137 }],
  ])('and %s end the job when they do not get on, and not while they do', (_how, end) => {
    const stuck = decideAfter(times(30, () => ({ ...end, progress: worked(0, 0) })));
    expect(stuck.ends).toBe(BACKOFF_LIMIT + 1);
    expect(conditionOf(stuck.decision, 'Failed')).toMatchObject({ reason: 'BackoffLimitExceeded' });
    const moving = times(30, (index) => ({ ...end, progress: worked(index * 20, index * 20 + 20) }));
    expect(decideAfter(moving).decision.status.state).toBe('Restarting');
  });

  test('and lose their checkpoints each time do not get on, however far each one came', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 20, max: 10_000 }), { minLength: 30 }), (reached) => {
        const { decision, ends } = decideAfter(
          reached.map((iteration) => ({ cause: EVICTED, exitCode: 137, progress: worked(0, iteration) })),
        );
        expect(ends).toBe(BACKOFF_LIMIT + 1);
        expect(conditionOf(decision, 'Failed')?.message).toContain('took too much scratch space');
        expect(conditionOf(decision, 'Failed')?.message).toContain('output that outlives the pod');
      }),
    );
  });

  test('get on by a checkpoint that the next ones found, though nobody had heard of it', () => {
    const { decision } = decideAfter([
      { progress: worked(0, 20) },
      { progress: null },
      { progress: null },
      { progress: worked(60, 60) },
    ]);
    expect(decision.status.retries).toEqual({ failures: 1, disruptions: 0, savedIteration: 60 });
    expect(decision.status.restarts).toBe(4);
  });

  test('of an image that does not say where it began are counted each time', () => {
    const silent = times(30, (index) => ({ progress: { lastCheckpoint: saved(index * 20) } }));
    expect(decideAfter(silent).ends).toBe(BACKOFF_LIMIT + 1);
  });
});

describe('workers that the cluster ends again and again', () => {
  const preempted = (progress: Partial<Progress> | null): Life => ({
    ...{ exitCode: 143, cause: PREEMPTED },
    progress,
  });

  test('count for nothing when they never come to train', () => {
    for (const progress of [null, { state: 'Preparing' }] as const) {
      const { decision } = decideAfter(times(100, () => preempted(progress)));
      expect(decision.status.state).toBe('Restarting');
      expect(decision.status.restarts).toBeUndefined();
    }
  });

  test('count for nothing as long as they get on', () => {
    const { decision } = decideAfter(times(100, (index) => preempted(worked(index, index + 1))));
    expect(decision.status.retries).toEqual({ failures: 0, disruptions: 0, savedIteration: 100 });
  });

  test('are given up when they train and train in vain, which says what would help', () => {
    const lost = decideAfter(times(100, () => preempted(worked(0, 50))));
    // The first of them got on, as far as anybody could know.
    expect(lost.ends).toBe(MOST_DISRUPTIONS + 2);
    expect(conditionOf(lost.decision, 'Failed')).toMatchObject({ reason: 'DisruptedTooOften' });
    expect(conditionOf(lost.decision, 'Failed')?.message).toContain('output that outlives the pod');
    const short = decideAfter(times(100, () => preempted(worked(0, 0))));
    expect(short.ends).toBe(MOST_DISRUPTIONS + 1);
    expect(conditionOf(short.decision, 'Failed')?.message).toContain('checkpoint.everyIterations');
  });

  test('leave the row of failures of their own as it is', () => {
    const lives = times(4, (index) =>
      index === 2 ? preempted(worked(20, 20)) : { progress: worked(index === 0 ? 0 : 20, 20) },
    );
    expect(decideAfter(lives).decision.status.retries).toMatchObject({ failures: 3, disruptions: 1 });
  });
});
