import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MOST_ENDED_PODS, withEndedPods } from './ended-pods.ts';

const pod = (number: number) => ({ name: `first-0-${number}`, uid: String(number) });
const pods = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => pod(from + index));

test('a pod that has vanished stays on record, a new one comes behind it', () => {
  expect(withEndedPods([pod(1)], [pod(2)])).toEqual([pod(1), pod(2)]);
});

test('what is on record already changes nothing, so that nothing is written', () => {
  const recorded = pods(0, 3);
  expect(withEndedPods(recorded, pods(1, 3))).toBe(recorded);
});

test('the newest are kept, and looking again never brings an older one back', () => {
  const number = fc.nat(60);
  fc.assert(
    fc.property(number, number, number, (gone, ended, later) => {
      // Pods end in order, and the cluster forgets the oldest of them.
      const known = pods(Math.min(gone, ended), ended + later);
      const first = withEndedPods(withEndedPods([], pods(0, ended)), known);
      expect(first.length).toBeLessThanOrEqual(MOST_ENDED_PODS);
      expect(first).toEqual(pods(0, ended + later).slice(-MOST_ENDED_PODS));
      expect(withEndedPods(first, known)).toBe(first);
    }),
  );
});
