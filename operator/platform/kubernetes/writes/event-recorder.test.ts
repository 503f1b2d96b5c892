import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cut } from './event-recorder.ts';

test('a note has no more bytes than the server takes, and as many characters as fit', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 2000 }), (text) => {
      const note = cut(text);
      expect(Buffer.byteLength(note)).toBeLessThanOrEqual(1024);
      expect(text.startsWith(note.replace(/…$/u, '')) || note === text).toBe(true);
    }),
  );
  expect(cut('ä'.repeat(512))).toBe('ä'.repeat(512));
  expect(cut('ä'.repeat(513))).toBe(`${'ä'.repeat(510)}…`);
});
