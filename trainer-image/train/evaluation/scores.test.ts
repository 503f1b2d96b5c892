import { describe, expect, test } from '@jest/globals';
import { ScoreSheet } from './scores.ts';

describe('the score sheet', () => {
  test('sums the softmax of all views before it picks a class', () => {
    const sheet = new ScoreSheet(3, 'crossEntropy');
    // One view is slightly for class 1, the other strongly for class 2: the sum is for class 2.
    sheet.add(0, [2], Float32Array.of(0, 1, 0.9));
    sheet.add(0, [2], Float32Array.of(0, 0, 4));
    sheet.add(1, [0], Float32Array.of(0, 5, 0));
    const scores = sheet.read();
    expect(scores.videos).toBe(2);
    expect(scores.top1).toBe(0.5);
    expect(scores.confusion).toEqual([
      [0, 1, 0],
      [0, 0, 0],
      [0, 0, 1],
    ]);
  });

  test('counts top-5 over the five highest classes and the loss per view', () => {
    const sheet = new ScoreSheet(7, 'crossEntropy');
    sheet.add(0, [6], Float32Array.of(6, 5, 4, 3, 2, 1, 0));
    sheet.add(1, [4], Float32Array.of(6, 5, 4, 3, 2, 1, 0));
    const scores = sheet.read();
    expect(scores.top1).toBe(0);
    expect(scores.top5).toBe(0.5);
    const total = [6, 5, 4, 3, 2, 1, 0].reduce((sum, logit) => sum + Math.exp(logit), 0);
    expect(scores.loss).toBeCloseTo(Math.log(total) - (0 + 2) / 2, 6);
  });

  test('survives logits far outside what exp can hold', () => {
    const sheet = new ScoreSheet(2, 'crossEntropy');
    sheet.add(0, [0], Float32Array.of(3e4, -3e4));
    expect(sheet.read()).toMatchObject({ top1: 1, loss: 0 });
  });

  test('takes the largest sigmoid of all views where a video has several classes', () => {
    const sheet = new ScoreSheet(3, 'binaryCrossEntropy');
    sheet.add(0, [0, 2], Float32Array.of(-1, 3, -2));
    sheet.add(0, [0, 2], Float32Array.of(2, -3, -2));
    sheet.add(1, [1], Float32Array.of(-1, 2, -3));
    sheet.add(2, [], Float32Array.of(-2, -2, -2));
    const scores = sheet.read();
    // Class 0: the one positive is ranked first. Class 1: video 0, which lacks it, goes before. Class 2: a tie of two.
    expect(scores.mAP).toBeCloseTo((1 + 1 / 2 + 1 / 2) / 3, 12);
    expect(scores).toMatchObject({ top1: 1 / 3, top5: 2 / 3, videos: 3, confusion: [] });
  });

  test('averages the binary cross-entropy over classes and views', () => {
    const sheet = new ScoreSheet(2, 'binaryCrossEntropy');
    sheet.add(0, [1], Float32Array.of(0, 0));
    sheet.add(1, [0], Float32Array.of(3e4, 0));
    const scores = sheet.read();
    expect(scores.loss).toBeCloseTo((Math.LN2 + Math.LN2 / 2) / 2, 6);
  });

  test('without videos is all zeros, not NaN', () => {
    expect(new ScoreSheet(2, 'crossEntropy').read()).toMatchObject({ top1: 0, top5: 0, loss: 0, videos: 0 });
  });
});
