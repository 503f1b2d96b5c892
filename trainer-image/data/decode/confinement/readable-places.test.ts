import { dirname, sep } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readablePlaces } from './readable-places.ts';

/** A file system of folders with the names a to c, three levels deep. */
const names = ['a', 'b', 'c'];
const list = (folder: string) =>
  folder.split(sep).filter((part) => part !== '').length < 3
    ? names.map((name) => ({ name, isLink: false }))
    : [];
const path = fc
  .array(fc.constantFrom(...names), { minLength: 1, maxLength: 3 })
  .map((parts) => `/${parts.join('/')}`);

const isWithin = (inner: string, outer: string): boolean => inner === outer || inner.startsWith(outer + sep);

test('every path can be read, but for closed places, what is below them and the folders above', () => {
  fc.assert(
    fc.property(fc.array(path, { maxLength: 4 }), path, (closed, asked) => {
      const places = readablePlaces(closed, list);
      const isReadable = places.some((place) => isWithin(asked, place));
      const touchesClosed = closed.some((place) => isWithin(asked, place) || isWithin(place, asked));
      expect(isReadable).toBe(!touchesClosed);
      expect(places).not.toContain(dirname('/a'));
    }),
  );
});

test('a link is not followed: where it points to is judged by its own path', () => {
  const entries = [
    { name: 'run', isLink: false },
    { name: 'var-run', isLink: true },
  ];
  expect(readablePlaces(['/secret'], (folder) => (folder === sep ? entries : []))).toEqual(['/run']);
});
