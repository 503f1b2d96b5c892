import { expect, test } from '@jest/globals';
import { linkBytesPerSecond } from './link-speed.ts';

test.each([
  ['25Gbit', 3.125e9],
  ['25gbit/s', 3.125e9],
  ['2.5 Gbit', 3.125e8],
  ['800Mbit/s', 1e8],
])('%s is so many bytes a second', (text, bytes) => {
  expect(linkBytesPerSecond(text)).toBe(bytes);
});

test.each(['', '25', 'Gbit', '-1Gbit', '0Gbit', '25GB', '1e3Gbit', '25Gbit/h'])('%j is no speed', (text) => {
  expect(linkBytesPerSecond(text)).toBeNull();
});
