/** Running statistics that several workers have parts of: their sum is what one worker would have. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { initialStatistics, updateRunning } from '../../models/normalization-statistics.ts';
import { amongAll, gatherGroups, ofGroups } from './gather-groups.ts';

const [GROUPS, CHANNELS, MOMENTUM] = [3, 2, 0.1];
const number = fc.float({ noNaN: true, min: -4, max: 4 });
const moments = fc.array(number, { minLength: GROUPS * CHANNELS, maxLength: GROUPS * CHANNELS });
/** Of every step: statistics of all groups, and by how many the first worker keeps the others follow. */
const steps = fc.array(fc.record({ moments, first: fc.integer({ min: 0, max: GROUPS }) }), { maxLength: 8 });

test('parts of running statistics add up, whoever keeps which groups from step to step', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (taken) => {
      const whole = initialStatistics(GROUPS, CHANNELS);
      const parts = [initialStatistics(GROUPS, CHANNELS), initialStatistics(GROUPS, CHANNELS)] as const;
      parts[1].mean.fill(0);
      parts[1].variance.fill(0);
      for (const { moments: numbers, first } of taken) {
        const batch = {
          mean: Float32Array.from(numbers),
          variance: Float32Array.from(numbers),
          valuesPerGroup: 5,
        };
        updateRunning(whole, batch, MOMENTUM);
        const kept = [
          { first: 0, count: first },
          { first, count: GROUPS - first },
        ];
        parts.forEach((part, worker) => {
          const own = ofGroups({ groups: GROUPS, channels: CHANNELS, ...batch }, kept[worker]!);
          updateRunning(part, amongAll({ ...own, valuesPerGroup: 5 }, kept[worker]!, part), MOMENTUM);
        });
      }
      const other = [...parts[1].mean, ...parts[1].variance];
      const collective = {
        sum: (numbers: Float64Array) => {
          numbers.set(numbers.map((value, index) => value + other[index]!));
          return Promise.resolve();
        },
      };
      await gatherGroups(parts[0], { first: 0, count: GROUPS }, collective);
      parts[0].mean.forEach((value, index) => {
        expect(value).toBeCloseTo(whole.mean[index]!, 5);
      });
      parts[0].variance.forEach((value, index) => {
        expect(value).toBeCloseTo(whole.variance[index]!, 5);
      });
    }),
  );
});
