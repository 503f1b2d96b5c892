/** Whether what is there is what is wanted, defaults of the server aside. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isWithin } from './child-writer.ts';

describe('an object', () => {
  test.each<[string, unknown, unknown, boolean]>([
    ['with defaults added', { spec: { a: 1 } }, { spec: { a: 1, b: 2 }, status: {} }, true],
    ['with a field changed', { spec: { a: 1 } }, { spec: { a: 2 } }, false],
    ['with a field missing', { spec: { a: 1 } }, { spec: {} }, false],
    ['with defaults in a list', { ports: [{ port: 1 }] }, { ports: [{ port: 1, protocol: 'TCP' }] }, true],
    ['with a longer list', { ports: [{ port: 1 }] }, { ports: [{ port: 1 }, { port: 2 }] }, false],
    ['that is a list where a group should be', { spec: {} }, { spec: [] }, false],
  ])('%s is judged right', (_what, wanted, found, expected) => {
    expect(isWithin(wanted, found)).toBe(expected);
  });

  test('is always what is wanted when it is the same', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(isWithin(value, structuredClone(value))).toBe(true);
      }),
    );
  });
});
