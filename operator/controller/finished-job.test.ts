/** A finished job that lives on: the whole controller, in days that pass at once. */
import { expect, test } from '@jest/globals';
import { observation } from '../../test/support/run/observations.ts';
import { ModelPlatform } from '../../test/support/run/model-platform.ts';
import { VirtualTime } from '../../test/support/virtual-time.ts';
import { runController } from '../runtime/controller.ts';
import { WorkQueue } from '../runtime/work-queue.ts';
import { createReconciler } from './reconcile.ts';

const DAY_MS = 86_400_000;
const LOOKS_A_DAY = 4;

test.each([1, 24, 25, 30, 365])(
  'with %d days to live is hardly looked at, and goes when they are over',
  async (days) => {
    const time = new VirtualTime();
    const finishedMs = Date.parse('2026-01-01T00:00:00Z');
    const { job } = observation({
      spec: { runPolicy: { ttlSecondsAfterFinished: (days * DAY_MS) / 1000 } },
      status: {
        completionTime: new Date(finishedMs).toISOString(),
        conditions: [
          {
            type: 'Complete',
            status: 'True',
            reason: 'TrainingFinished',
            message: '',
            lastTransitionTime: new Date(finishedMs).toISOString(),
          },
        ],
      },
    });
    const platform = new ModelPlatform(job);
    const queue = new WorkQueue(time);
    const now = (): number => finishedMs + time.now();
    const reconcile = createReconciler({ platform, now, monotonicNow: time.now });
    const running = runController({
      queue,
      reconcile: (name) => {
        if (platform.looks > LOOKS_A_DAY * days) {
          queue.close();
        }
        return reconcile(name);
      },
      random: () => 0,
      onError: (_key, error) => {
        throw error;
      },
    });
    queue.add('finished');
    await time.pass(days * DAY_MS - 1);
    expect(platform.job).not.toBeNull();
    expect(platform.looks).toBeLessThanOrEqual(LOOKS_A_DAY * days);
    await time.pass(1);
    expect(platform.job).toBeNull();
    queue.close();
    await running;
  },
);
