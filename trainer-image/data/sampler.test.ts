import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ClipShape } from './clip-request.ts';
import { DRAWS_PER_SAMPLE, evaluationRequest, redraw, substitute, trainingRequest } from './sampler.ts';
import { type Augmentation, MIRROR_HALF, NO_AUGMENTATION } from './augmentation.ts';

const SHAPE: ClipShape = {
  frames: 8,
  stride: { min: 2, max: 8 },
  cropSize: 45,
  scale: { min: 46, max: 76 },
  augmentation: MIRROR_HALF,
};
const DRAW = { seed: 1, epoch: 2, sample: 3, attempt: 0, shape: SHAPE };
const VIEW = { sample: 4, frames: 16, stride: 2, cropSize: 64, shortSide: 66 };

describe('trainingRequest', () => {
  test('is a pure function of its draw, with every number in its range', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.nat(), fc.nat(), fc.nat(20), (seed, epoch, sample, attempt) => {
        const request = trainingRequest({ seed, epoch, sample, attempt, shape: SHAPE });
        expect(trainingRequest({ seed, epoch, sample, attempt, shape: SHAPE })).toEqual(request);
        expect(request).toMatchObject({ sample, view: 0, frames: 8, cropSize: 45 });
        expect(request.stride).toBeGreaterThanOrEqual(2);
        expect(request.stride).toBeLessThanOrEqual(8);
        expect(request.shortSide).toBeGreaterThanOrEqual(46);
        expect(request.shortSide).toBeLessThanOrEqual(76);
        expect(request.temporalDraw).toBeGreaterThanOrEqual(0);
        expect(request.temporalDraw).toBeLessThan(1);
      }),
    );
  });

  test('mirrors half of the clips, none when flipping is off', () => {
    const flips = (augmentation: Augmentation): number =>
      Array.from(
        { length: 1000 },
        (_, sample) => trainingRequest({ ...DRAW, sample, shape: { ...SHAPE, augmentation } }).changes.length,
      ).reduce((sum, one) => sum + one);
    expect(flips(NO_AUGMENTATION)).toBe(0);
    expect(Math.abs(flips(MIRROR_HALF) - 500)).toBeLessThan(60);
  });

  test('draws the same place for every shape, so that phases differ in nothing but the shape', () => {
    const other = trainingRequest({
      ...DRAW,
      shape: { ...SHAPE, frames: 16, cropSize: 32, scale: { min: 33, max: 76 } },
    });
    const request = trainingRequest(DRAW);
    expect([other.temporalDraw, other.crop, other.changes]).toEqual([
      request.temporalDraw,
      request.crop,
      request.changes,
    ]);
  });

  test.each<[string, Partial<ClipShape>, RegExp]>([
    ['no frames', { frames: 0 }, /got 0 frames/],
    ['strides backwards', { stride: { min: 4, max: 2 } }, /empty range: strides 4\.\.2/],
    ['scales backwards', { scale: { min: 80, max: 76 } }, /scales 80\.\.76/],
    ['a crop larger than the frame', { cropSize: 47 }, /crop of 47 pixels does not fit.* scaled to 46/],
  ])('refuses %s', (_case, change, message) => {
    expect(() => trainingRequest({ ...DRAW, shape: { ...SHAPE, ...change } })).toThrow(message);
  });
});

describe('evaluationRequest', () => {
  test('one view is the centre of time and space', () => {
    const request = evaluationRequest({ ...VIEW, view: 0, temporalViews: 1, spatialViews: 1 });
    expect(request).toMatchObject({
      temporalDraw: 0.5,
      crop: { kind: 'uniform', index: 1 },
      changes: [],
      draw: null,
    });
  });

  test('views count crops first, then places in time', () => {
    const views = Array.from({ length: 6 }, (_, view) =>
      evaluationRequest({ ...VIEW, view, temporalViews: 2, spatialViews: 3 }),
    );
    expect(views.map(({ temporalDraw }) => temporalDraw)).toEqual([0, 0, 0, 0.5, 0.5, 0.5]);
    expect(views.map(({ crop }) => (crop.kind === 'uniform' ? crop.index : null))).toEqual([
      0, 1, 2, 0, 1, 2,
    ]);
  });

  test('refuses a view that is not there and a crop that does not fit', () => {
    const views = { temporalViews: 2, spatialViews: 3 } as const;
    expect(() => evaluationRequest({ ...VIEW, ...views, view: 6 })).toThrow(/2 x 3 views have no view 6/);
    expect(() => evaluationRequest({ ...VIEW, ...views, view: 0, shortSide: 60 })).toThrow(/does not fit/);
  });
});

describe('replacing a bad clip', () => {
  test('another draw of the same video differs and can be made again', () => {
    const request = trainingRequest(DRAW);
    const second = redraw(request, 1);
    expect(second).toEqual(trainingRequest({ ...DRAW, attempt: 1 }));
    expect(second?.temporalDraw).not.toBe(request.temporalDraw);
    expect(second).toEqual(redraw(redraw(request, 2)!, 1));
  });

  test('a view of an evaluation has no other draw', () => {
    expect(redraw(evaluationRequest({ ...VIEW, view: 0, temporalViews: 1, spatialViews: 1 }), 1)).toBeNull();
  });

  test('a substitute is another sample of the same shape, found again from the request alone', () => {
    fc.assert(
      fc.property(
        fc.nat(30),
        fc.nat(7),
        fc.integer({ min: 2, max: 31 }),
        fc.boolean(),
        (sample, trial, videos, drawn) => {
          fc.pre(sample < videos);
          const request = drawn
            ? trainingRequest({ ...DRAW, sample })
            : evaluationRequest({ ...VIEW, sample, view: 1, temporalViews: 3, spatialViews: 1 });
          const other = substitute(request, trial, videos);
          expect(other.sample).not.toBe(sample);
          expect(other.sample).toBeLessThan(videos);
          expect(other.draw?.attempt).toBe(drawn ? DRAWS_PER_SAMPLE + trial : undefined);
          expect([other.frames, other.cropSize]).toEqual([request.frames, request.cropSize]);
          expect(substitute(request, trial, videos)).toEqual(other);
        },
      ),
    );
  });

  test('substitutes of one sample are spread over all the others', () => {
    const others = Array.from(
      { length: 400 },
      (_, epoch) => substitute(trainingRequest({ ...DRAW, epoch }), 0, 5).sample,
    );
    expect([...new Set(others)].sort()).toEqual([0, 1, 2, 4]);
  });
});
