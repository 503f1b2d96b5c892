import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BadClipLedger, BadDataError } from './bad-clips.ts';

describe('BadClipLedger', () => {
  test('counts failures by file and reason, in the order they were met', () => {
    const ledger = new BadClipLedger(100, 0.05);
    ledger.note('/a.mp4', 'DAMAGED', 'frame 3');
    ledger.note('/b.mp4', 'UNREADABLE', 'no index');
    expect(ledger.note('/a.mp4', 'DAMAGED', 'frame 9').count).toBe(2);
    ledger.note('/a.mp4', 'TRUNCATED', 'ends at 5');
    expect(ledger.list).toEqual([
      { path: '/a.mp4', reason: 'DAMAGED', message: 'frame 9', count: 2 },
      { path: '/b.mp4', reason: 'UNREADABLE', message: 'no index', count: 1 },
      { path: '/a.mp4', reason: 'TRUNCATED', message: 'ends at 5', count: 1 },
    ]);
  });

  test('fails when more files than the share are given up; a file counts once; one is always allowed', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.double({ min: 0.001, max: 1, noNaN: true }),
        (videos, share) => {
          const ledger = new BadClipLedger(videos, share);
          const allowed = Math.max(1, Math.floor(share * videos));
          for (let file = 0; file < allowed; file += 1) {
            ledger.giveUp(`/${file}.mp4`);
            ledger.giveUp(`/${file}.mp4`);
          }
          expect(() => {
            ledger.giveUp('/one-more.mp4');
          }).toThrow(BadDataError);
        },
      ),
    );
  });

  test('a share of 0 allows none', () => {
    expect(() => {
      new BadClipLedger(1000, 0).giveUp('/a.mp4');
    }).toThrow(/1 of 1000 videos \(0\.1 %\) cannot be used, and the limit is 0 %/);
  });

  test('the error lists the files with their reasons and says what to do', () => {
    const ledger = new BadClipLedger(50, 0.02);
    for (let file = 0; file < 30; file += 1) {
      ledger.note(`/${file}.mp4`, 'UNREADABLE', 'no index');
    }
    ledger.giveUp('/0.mp4');
    expect(() => {
      ledger.giveUp('/1.mp4');
    }).toThrow(
      /^2 of 50 videos \(4 %\).*limit is 2 %.*raise spec\.data\.loader\.maxBadFraction:\n {2}\/0\.mp4: UNREADABLE, no index\n.*\n {2}and 10 more$/s,
    );
  });
});
