/** Canonical JSON: the same text for the same value, and a text that reads back. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson } from './canonical-json.ts';

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(reversed);
  }
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(
        Object.entries(value)
          .map(([key, member]) => [key, reversed(member)])
          .toReversed(),
      )
    : value;
}

test('keys are sorted at every depth and nothing is spaced', () => {
  expect(canonicalJson({ b: [{ z: 1, a: null }], a: { d: 'x', c: undefined } })).toBe(
    '{"a":{"d":"x"},"b":[{"a":null,"z":1}]}',
  );
});

test('the order in which keys were written does not matter, and the text reads back', () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      expect(canonicalJson(reversed(value))).toBe(canonicalJson(value));
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('a number that JSON cannot hold is refused', () => {
  expect(() => canonicalJson({ a: [NaN] })).toThrow(RangeError);
  expect(() => canonicalJson(Infinity)).toThrow(RangeError);
});
