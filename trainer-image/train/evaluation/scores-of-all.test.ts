import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { inWorkers } from '../../../test/support/workers-in-memory.ts';
import { evenShares, rangeOf } from '../../../multigrid/sharing/even-ranges.ts';
import type { LossName } from '../../models/network.ts';
import { SOLO } from '../collective/solo.ts';
import { ScoreSheet } from './scores.ts';
import { scoresOfAll } from './scores-of-all.ts';

const CLASSES = 7;

const logits = fc.array(fc.double({ min: -9, max: 9, noNaN: true }), {
  minLength: CLASSES,
  maxLength: CLASSES,
});
/** No views: a video that could not be read. */
const video = fc.record({
  views: fc.array(logits, { maxLength: 3 }),
  draws: fc.array(fc.nat(CLASSES - 1), { maxLength: 3 }),
});

test.each<LossName>(['crossEntropy', 'binaryCrossEntropy'])(
  'scores that workers shared out are those of one, to the bit (%s)',
  async (loss) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(video, { maxLength: 20 }),
        fc.integer({ min: 2, max: 9 }),
        async (drawn, workers) => {
          const videos = drawn.map(({ views, draws }, index) => ({
            ...{ path: `${index}.mp4`, views },
            labels: loss === 'crossEntropy' ? [draws[0] ?? 0] : [...new Set(draws)],
          }));
          const sheetOf = (first: number, count: number): ScoreSheet => {
            const sheet = new ScoreSheet(CLASSES, loss);
            videos.slice(first, first + count).forEach(({ views, labels }, index) => {
              views.forEach((view) => {
                sheet.add(first + index, labels, Float32Array.from(view));
              });
            });
            return sheet;
          };
          const alone = await scoresOfAll(sheetOf(0, videos.length), { videos }, SOLO);
          const together = await inWorkers(workers, (worker) => {
            const { first, count } = rangeOf(evenShares(videos.length, workers), worker.rank);
            return scoresOfAll(sheetOf(first, count), { videos }, worker);
          });
          expect(together).toEqual(together.map(() => alone));
        },
      ),
    );
  },
);
