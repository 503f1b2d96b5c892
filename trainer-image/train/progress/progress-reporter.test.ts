import { describe, expect, test } from '@jest/globals';
import { errorsOfStatus } from '../../../test/support/run/legal-status.ts';
import { makePlan, makeProgress } from '../../../test/support/run/jobs.ts';
import type { Progress } from '../../../multigrid/progress.ts';
import { ProgressReporter } from './progress-reporter.ts';

function reporterOf(wallClock = (): Date => new Date(0)): {
  readonly reporter: ProgressReporter;
  readonly said: Progress[];
} {
  const said: Progress[] = [];
  const outlet = {
    report: (progress: Progress) => {
      said.push(progress);
      return Promise.resolve();
    },
  };
  return { reporter: new ProgressReporter(outlet, wallClock), said };
}

describe('the progress reporter', () => {
  test('gives the number of clips before there is a plan, and keeps giving it', async () => {
    const { reporter, said } = reporterOf();
    reporter.counted(1200);
    await reporter.say('Preparing');
    reporter.planned(makePlan(2));
    await reporter.say('Waiting');
    expect(said).toMatchObject([
      { state: 'Preparing', trainingClips: 1200, iteration: 0, percent: 0, loss: null, generation: 0 },
      { state: 'Waiting', trainingClips: 1200, phase: 0, frames: 8, cropSize: 64 },
    ]);
  });

  test('says nothing before the plan that the API server would refuse', async () => {
    const { reporter, said } = reporterOf();
    await reporter.say('Failed', { reason: 'DataUnreadable', message: 'no list', retryable: false });
    expect(errorsOfStatus({ progress: said[0]! })).toEqual([]);
  });

  test('keeps the results and the checkpoint of the trainer before, and not its place', async () => {
    const { reporter, said } = reporterOf();
    const lastCheckpoint = { path: 'checkpoints/20', iteration: 20, epoch: 2 };
    const metrics = [{ name: 'top1', value: 0.5 }];
    reporter.remember(makeProgress({ iteration: 25, generation: 3, lastCheckpoint, metrics }));
    await reporter.say('Preparing');
    reporter.measured('top1', 0.75);
    await reporter.say('Preparing');
    expect(said[0]).toMatchObject({ iteration: 0, generation: 0, lastCheckpoint, metrics });
    expect(said[1]?.metrics).toEqual([{ name: 'top1', value: 0.75 }]);
  });

  test('says where it went on from as soon as it knows, and from then on', async () => {
    const { reporter, said } = reporterOf();
    const lastCheckpoint = { path: 'checkpoints/20', iteration: 20, epoch: 2 };
    reporter.remember(makeProgress({ lastCheckpoint }));
    reporter.planned(makePlan(2));
    await reporter.say('Preparing');
    reporter.resumedAt(0, null);
    await reporter.say('Training');
    await reporter.repeat();
    expect(said[0]?.resumedFrom).toBeUndefined();
    expect(said.slice(1)).toMatchObject(Array(2).fill({ resumedFrom: 0, lastCheckpoint: null }));
    expect(errorsOfStatus({ progress: said[1]! })).toEqual([]);
  });

  test('repeats its last word with the time of the last progress, and none before the first', async () => {
    let now = 0;
    const { reporter, said } = reporterOf(() => new Date(now));
    await reporter.repeat();
    expect(said).toEqual([]);
    await reporter.say('Evaluating');
    now = 8000;
    await reporter.repeat();
    now = 9000;
    reporter.moved();
    now = 16_000;
    await reporter.repeat();
    const times = said.map(({ state, heartbeat, progressedAt }) => [state, heartbeat, progressedAt]);
    const at = (ms: number): string => new Date(ms).toISOString();
    expect(times).toEqual([
      ['Evaluating', at(0), at(0)],
      ['Evaluating', at(8000), at(0)],
      ['Evaluating', at(16_000), at(9000)],
    ]);
  });

  test('tells trouble as its first word, which is a state to have come to, and later no sign of progress', async () => {
    let now = 5000;
    const { reporter, said } = reporterOf(() => new Date(now));
    const trouble = { reason: 'StorageUnavailable', message: 'EIO' };
    await reporter.tellTrouble(trouble);
    now = 9000;
    await reporter.tellTrouble(trouble);
    const progressedAt = new Date(5000).toISOString();
    expect(said).toMatchObject(Array(2).fill({ state: 'Preparing', progressedAt, trouble }));
  });
});
