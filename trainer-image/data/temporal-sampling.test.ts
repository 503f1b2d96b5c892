import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { casesOf as casesIn, type FunctionCase, numberOf } from '../../test/support/vectors.ts';
import { trainingRequest } from './sampler.ts';
import { clipRange, clipSpan, frameIndices } from './temporal-sampling.ts';
import { NO_AUGMENTATION } from './augmentation.ts';

const casesOf = (fn: string): readonly FunctionCase[] => casesIn('temporal_sampling', fn);

describe('the reference vectors of temporal sampling', () => {
  test('start and end of a view', () => {
    for (const entry of casesOf('start_end')) {
      const [videoSize, clipSize] = [numberOf(entry, 'video_size'), numberOf(entry, 'clip_size')];
      const range = clipRange(videoSize, clipSize, {
        kind: 'view',
        view: numberOf(entry, 'clip_idx'),
        views: numberOf(entry, 'num_clips'),
        reachesEnd: entry['use_offset'] === true,
      });
      expect([range.first, range.last]).toEqual([entry['start'], entry['end']]);
      const room = Math.max(videoSize - clipSize, 0);
      expect(room === 0 ? 0 : range.first / room).toBeCloseTo(numberOf(entry, 'fraction'), 12);
    }
  });

  test('a view given as a draw starts where the view does', () => {
    for (const entry of casesOf('start_end').filter(({ use_offset: offset }) => offset === false)) {
      const draw = numberOf(entry, 'clip_idx') / numberOf(entry, 'num_clips');
      const range = clipRange(numberOf(entry, 'video_size'), numberOf(entry, 'clip_size'), {
        kind: 'draw',
        draw,
      });
      expect(range.first).toBeCloseTo(numberOf(entry, 'start'), 9);
    }
  });

  test('frame indices of a range', () => {
    for (const entry of casesOf('temporal_sampling_indices')) {
      const range = { first: numberOf(entry, 'start'), last: numberOf(entry, 'end') };
      const indices = frameIndices(numberOf(entry, 'video_frames'), range, numberOf(entry, 'num_samples'));
      expect([...indices]).toEqual(entry['indices']);
    }
  });

  test('frames of the slow pathway are the same rule over the frames of the fast one', () => {
    for (const entry of casesOf('slow_pathway_indices')) {
      const frames = numberOf(entry, 'fast_frames');
      const count = Math.floor(frames / numberOf(entry, 'alpha'));
      expect([...frameIndices(frames, { first: 0, last: frames - 1 }, count)]).toEqual(entry['indices']);
    }
  });

  test('frames that a clip spans', () => {
    for (const entry of casesOf('decoder_clip_size')) {
      const span = clipSpan(
        numberOf(entry, 'num_frames'),
        numberOf(entry, 'sampling_rate'),
        numberOf(entry, 'fps'),
        numberOf(entry, 'target_fps'),
      );
      expect(span).toBeCloseTo(numberOf(entry, 'clip_size'), 9);
    }
  });

  test('strides are all the integers of their range', () => {
    for (const entry of casesOf('random_sampling_rate_support_uniform_int')) {
      const stride = {
        min: numberOf(entry, 'sampling_rate'),
        max: numberOf(entry, 'long_cycle_sampling_rate'),
      };
      const shape = {
        frames: 8,
        stride,
        cropSize: 8,
        scale: { min: 8, max: 8 },
        augmentation: NO_AUGMENTATION,
      };
      const drawn = Array.from(
        { length: 1000 },
        (_, sample) => trainingRequest({ seed: 0, epoch: 0, sample, attempt: 0, shape }).stride,
      );
      expect([...new Set(drawn)].sort((a, b) => a - b)).toEqual(entry['support']);
    }
  });
});

describe('frameIndices', () => {
  test('stay in the video, ascend, and start and end at the ends of a range inside it', () => {
    const sizes = { videoFrames: fc.integer({ min: 1, max: 2000 }), count: fc.integer({ min: 2, max: 64 }) };
    fc.assert(
      fc.property(
        fc.record({
          ...sizes,
          span: fc.integer({ min: 1, max: 300 }),
          draw: fc.double({ min: 0, max: 0.999, noNaN: true }),
        }),
        ({ videoFrames, count, span, draw }) => {
          const range = clipRange(videoFrames, span, { kind: 'draw', draw });
          const indices = [...frameIndices(videoFrames, range, count)];
          expect(indices).toEqual([...indices].sort((a, b) => a - b));
          expect(indices[0]).toBe(Math.floor(Math.fround(range.first)));
          expect(indices.at(-1)).toBe(Math.min(Math.trunc(Math.fround(range.last)), videoFrames - 1));
        },
      ),
    );
  });

  test('a clip of one frame is the first of its range', () => {
    expect([...frameIndices(100, { first: 7.5, last: 20 }, 1)]).toEqual([7]);
  });
});
