import { describe, expect, test } from '@jest/globals';
import { inWorkers } from '../../../test/support/workers-in-memory.ts';
import type { BadClipEvent, RunEvent } from '../../run-folder/events.ts';
import { JointLog } from './joint-log.ts';

const badClip = (worker: number, iteration: number): BadClipEvent => ({
  ...{ kind: 'badClip', seconds: 1, iteration },
  ...{ path: `${worker}-${iteration}.mp4`, reason: 'cut short' },
});

describe('the log of several workers', () => {
  test('gets every bad clip of the others at the next flush, however many, and none twice', async () => {
    const counts = [1, 250, 100];
    const written: RunEvent[] = [];
    await inWorkers(counts.length, async (collective) => {
      const own = {
        append: (event: RunEvent): void => {
          written.push(event);
        },
        flush: () => Promise.resolve(),
      };
      const log = new JointLog(collective, collective.rank === 0 ? own : null);
      for (let clip = 0; clip < counts[collective.rank]!; clip += 1) {
        log.append(badClip(collective.rank, clip));
      }
      await log.flush();
      await log.flush();
    });
    const expected = counts.flatMap((count, worker) =>
      Array.from({ length: count }, (_, clip) => badClip(worker, clip)),
    );
    expect(written).toHaveLength(expected.length);
    expect(written).toEqual(expect.arrayContaining(expected));
  });
});
