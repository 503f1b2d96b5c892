import { expect, test } from '@jest/globals';
import { makeProgress } from '../../../test/support/run/jobs.ts';
import { errorsOfStatus } from '../../../test/support/run/legal-status.ts';
import { legalProgress } from './legal-progress.ts';

test('progress that says it all rightly is left as it is', () => {
  const progress = makeProgress({
    loss: 0.5,
    metrics: [{ name: 'top1', value: 0.9 }],
    lastCheckpoint: { path: 'checkpoints/1', iteration: 1, epoch: 0.5 },
    trainingClips: 12,
  });
  expect(legalProgress(progress)).toEqual(progress);
});

test('numbers that are none and texts without end do not keep the rest from arriving', () => {
  const progress = makeProgress({
    loss: Number.NaN,
    etaSeconds: Number.POSITIVE_INFINITY,
    percent: Number.NaN,
    metrics: [
      { name: 'mAP', value: Number.NaN },
      ...Array.from({ length: 40 }, (_, index) => ({ name: `${'m'.repeat(70)}${index}`, value: index })),
    ],
    lastCheckpoint: { path: 'x'.repeat(2000), iteration: 1, epoch: 0.5 },
    failure: { reason: 'R'.repeat(100), message: 'm'.repeat(40_000), retryable: false },
    pretrained: 'p'.repeat(1000),
  });
  const sent: unknown = JSON.parse(JSON.stringify(legalProgress(progress)));
  expect(sent).toMatchObject({ loss: null, etaSeconds: 0, percent: 0, state: 'Training' });
  expect(errorsOfStatus({ progress: legalProgress(progress) })).toEqual([]);
});
