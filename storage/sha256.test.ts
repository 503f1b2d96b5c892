import { expect, test } from '@jest/globals';
import { sha256Hex } from './sha256.ts';

test('text and its bytes have one hash, that of FIPS 180-4', () => {
  const known = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
  expect([sha256Hex('abc'), sha256Hex(Buffer.from('abc'))]).toEqual([known, known]);
});
