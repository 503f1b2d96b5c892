import { expect, test } from '@jest/globals';
import { DamageLog } from './damage-log.ts';

test('an error spoils the pictures from it up to the next clean key frame', () => {
  const log = new DamageLog();
  log.healAt(0);
  log.add(5);
  expect([4, 5, 9].map((position) => log.covers(position))).toEqual([false, true, true]);
  log.healAt(12);
  expect([12, 13].map((position) => log.covers(position))).toEqual([false, false]);
});

test('errors that are met before earlier pictures come out do not touch those, and none is lost', () => {
  const log = new DamageLog();
  log.add(7);
  log.add(10);
  expect(log.covers(6)).toBe(false);
  expect(log.covers(8)).toBe(true);
  // The key frame of position 9 comes out when the error of position 10 is known already.
  log.healAt(9);
  expect(log.covers(9)).toBe(false);
  expect(log.covers(10)).toBe(true);
});
