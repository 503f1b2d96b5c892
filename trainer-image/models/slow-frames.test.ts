/**
 * Frames of the slow pathway against the reference's picks, and what holds for all of them.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { slowFramePositions } from './slow-frames.ts';

interface SlowPathwayCase {
  readonly fn: string;
  readonly fast_frames: number;
  readonly alpha: number;
  readonly indices: readonly number[];
}

const vectors = JSON.parse(
  readFileSync(new URL('../../test/vectors/temporal_sampling.json', import.meta.url), 'utf8'),
) as { readonly cases: readonly SlowPathwayCase[] };

test.each(vectors.cases.filter((vector) => vector.fn === 'slow_pathway_indices'))(
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
