import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { html, trusted } from './markup.ts';

test('escapes every value, so that no text can open a tag, an attribute or an entity', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const inside = html`${text}`.text;
      expect(inside).not.toMatch(/[<>"']/);
      expect(inside.replaceAll(/&(amp|lt|gt|quot|#39);/g, '')).not.toContain('&');
    }),
  );
});

test('leaves markup as it is, joins lists and shows numbers', () => {
  const words = ['a&b', 'c'].map((word) => html`<i>${word}</i>`);
  expect(html`<p>${words}${7}${[]}${trusted('<b>8</b>')}</p>`.text).toBe(
    '<p><i>a&amp;b</i><i>c</i>7<b>8</b></p>',
  );
});
