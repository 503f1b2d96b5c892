import { expect, test } from '@jest/globals';
import { JobConflictError } from '../../multigrid/object/object-errors.ts';
import { ModelPlatform } from '../../test/support/run/model-platform.ts';
import { observation } from '../../test/support/run/observations.ts';
import { OvertakenError } from '../runtime/controller.ts';
import { createReconciler } from './reconcile.ts';

const clocks = { now: (): number => Date.parse('2026-01-01T00:00:10Z'), monotonicNow: (): number => 0 };

test('a look at a job that somebody writes meanwhile was overtaken, which is no success', async () => {
  const platform = new ModelPlatform(observation().job);
  const conflict = new JobConflictError('job', '1', '2');
  platform.failure = { call: 'writeStatus', error: conflict };
  const reconcile = createReconciler({ platform, ...clocks });
  const look = reconcile('job');
  await expect(look).rejects.toBeInstanceOf(OvertakenError);
  await expect(look).rejects.toMatchObject({ cause: conflict });
  platform.failure = null;
  expect(await reconcile('job')).toHaveProperty('requeueAfterMs');
  expect(platform.calls.filter((call) => call === 'writeStatus')).toHaveLength(2);
});
