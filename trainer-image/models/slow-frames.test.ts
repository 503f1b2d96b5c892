/**
 * Frames of the slow pathway against the reference's picks, and what holds for all of them.
 */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { vectorsOf } from '../../test/support/vectors.ts';
import { slowFramePositions } from './slow-frames.ts';

interface SlowPathwayCase {
  readonly fn: string;
  readonly fast_frames: number;
  readonly alpha: number;
  readonly indices: readonly number[];
}

const vectors = vectorsOf('temporal_sampling') as readonly SlowPathwayCase[];

test.each(vectors.filter((vector) => vector.fn === 'slow_pathway_indices'))(
  'the slow pathway of $fast_frames frames at alpha $alpha sees the frames that the reference picks',
  ({ fast_frames: frames, alpha, indices }) => {
    expect(slowFramePositions(frames, alpha)).toEqual(indices);
  },
);

test('slow frames are frames of the clip, in order, from the first to the last', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 32 }), fc.integer({ min: 1, max: 16 }), (count, alpha) => {
      const frames = count * alpha;
      const positions = slowFramePositions(frames, alpha);
      expect(positions).toHaveLength(count);
      expect(positions[0]).toBe(0);
      expect(positions.at(-1)).toBe(frames - 1);
      expect(positions.every((position, index) => index === 0 || position > positions[index - 1]!)).toBe(
        true,
      );
    }),
  );
});
