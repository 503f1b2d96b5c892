import { expect, test } from '@jest/globals';
import { compact, duration, percent, quantity } from './format.ts';

test.each([
  [0.04, '0.0 s'],
  [59.94, '59.9 s'],
  [59.96, '1 min 0 s'],
  [82.4, '1 min 22 s'],
  [3599.7, '1 h 0 min'],
  [3600 * 30 + 61, '30 h 1 min'],
])('says %d seconds as %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

test.each([
  [0, '0'],
  [1.234, '1.23'],
  [12.345, '12.3'],
  [421.6, '422'],
  [1234567, '1,234,567'],
])('says the quantity %d as %s', (value, text) => {
  expect(quantity(value)).toBe(text);
});

test('says shares as per cent and learning rates short', () => {
  expect(percent(0.98765)).toBe('98.8 %');
  expect(percent(1, 0)).toBe('100 %');
  expect(compact(0.05 * 0.01)).toBe('0.0005');
  expect(compact(0.1 + 0.2)).toBe('0.3');
});
