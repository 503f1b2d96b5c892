import { describe, expect, test } from '@jest/globals';
import { LIFE } from '../../../../multigrid/contract/timings.ts';
import { makeStoredJob } from '../../../../test/support/run/jobs.ts';
import { keepJob, type KeptJob } from './kept-job.ts';
import { keepLease, type KeptLease } from './kept-lease.ts';
import { TrainerWords } from './trainer-words.ts';

const KEY = 'video/first';

function job(change: { readonly state?: string; readonly reportedAt?: string } = {}): KeptJob {
  const stored = makeStoredJob('first');
  const managedFields =
    change.reportedAt === undefined ? [] : [{ manager: 'mgt-progress', time: change.reportedAt }];
  const kept = keepJob({
    ...stored,
    metadata: { ...stored.metadata, namespace: 'video', managedFields },
    status: { state: change.state ?? 'Running' },
  });
  if (kept === null) {
    throw new TypeError('a job has a name');
  }
  return kept;
}

function lease(renewTime?: string): KeptLease {
  const spec = renewTime === undefined ? {} : { renewTime };
  const kept = keepLease({ metadata: { namespace: 'video', name: 'first' }, spec });
  if (kept === null) {
    throw new TypeError('a lease has a name');
  }
  return kept;
}

/** Half a minute passes, and who fell silent in it is told. */
function heardAfter(
  tell: (words: TrainerWords) => void,
  known: KeptJob | null = job(),
  isVouchedFor: () => boolean = () => false,
): readonly string[] {
  const turns: string[] = [];
  const words = new TrainerWords({
    jobs: { get: () => known },
    isVouchedFor,
    onTurn: (key) => turns.push(key),
  });
  words.watch.tick(0, true);
  tell(words);
  for (let ms = 1000; ms <= LIFE.silenceMs + 1000; ms += 1000) {
    words.watch.tick(ms, true);
  }
  return turns;
}

describe('a word of a trainer', () => {
  test.each<[string, (words: TrainerWords) => void]>([
    [
      'a renewal of its lease',
      (words) => {
        words.takeLease({ before: lease(), after: lease('1') });
      },
    ],
    [
      'a report',
      (words) => {
        words.takeJob({ before: job(), after: job({ reportedAt: '2026-01-01T00:00:00Z' }) });
      },
    ],
  ])('is %s', (_what, tell) => {
    expect(heardAfter(tell)).toEqual([KEY]);
  });

  test.each<[string, (words: TrainerWords) => void]>([
    [
      'a lease that was only made',
      (words) => {
        words.takeLease({ before: null, after: lease() });
      },
    ],
    [
      'another change of the lease',
      (words) => {
        words.takeLease({ before: lease('1'), after: lease('1') });
      },
    ],
    [
      'a write of the operator',
      (words) => {
        words.takeJob({ before: job(), after: job() });
      },
    ],
    [
      'a report of a job that has ended',
      (words) => {
        words.takeJob({ before: null, after: job({ state: 'Failed', reportedAt: '2026-01-01T00:00:00Z' }) });
      },
    ],
  ])('is not %s', (_what, tell) => {
    expect(heardAfter(tell)).toEqual([]);
  });

  test('is not waited for any more when the job has ended or is gone', () => {
    for (const after of [job({ state: 'Complete' }), null]) {
      expect(
        heardAfter((words) => {
          words.takeLease({ before: null, after: lease('1') });
          words.takeJob({ before: job(), after });
        }),
      ).toEqual([]);
    }
  });

  test('is none of a lease whose job nobody knows', () => {
    expect(
      heardAfter((words) => {
        words.takeLease({ before: null, after: lease('1') });
      }, null),
    ).toEqual([]);
  });
});

describe('a trainer for which a kubelet vouches', () => {
  const renewal = { before: null, after: lease('1') };

  test('may be silent for longer', () => {
    expect(
      heardAfter(
        (words) => {
          words.takeLease(renewal);
        },
        job(),
        () => true,
      ),
    ).toEqual([]);
  });

  test('may not any more when the kubelet does so no longer', () => {
    let isVouchedFor = true;
    expect(
      heardAfter(
        (words) => {
          words.takeLease(renewal);
          isVouchedFor = false;
          words.takePods(KEY);
        },
        job(),
        () => isVouchedFor,
      ),
    ).toEqual([KEY]);
  });

  test('is not waited for before its first word', () => {
    expect(
      heardAfter(
        (words) => {
          words.takePods(KEY);
        },
        job(),
        () => true,
      ),
    ).toEqual([]);
  });
});
