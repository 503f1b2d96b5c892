import { describe, expect, test } from '@jest/globals';
import { errorsOfStatus } from '../../test/support/run/legal-status.ts';
import { makePlan, makeProgress } from '../../test/support/run/jobs.ts';
import type { Progress } from '../../multigrid/progress.ts';
import { ProgressReporter } from './progress-reporter.ts';

function reporterOf(): { readonly reporter: ProgressReporter; readonly said: Progress[] } {
  const said: Progress[] = [];
  const outlet = {
    report: (progress: Progress) => {
      said.push(progress);
      return Promise.resolve();
    },
  };
  return { reporter: new ProgressReporter(outlet, () => new Date(0)), said };
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
});
