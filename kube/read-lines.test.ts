/** Lines out of bytes that are cut anywhere, in the middle of characters too. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readLines } from './read-lines.ts';

async function* inPieces(bytes: Uint8Array, sizes: readonly number[]): AsyncIterable<Uint8Array> {
  let at = 0;
  for (const size of sizes) {
    yield await Promise.resolve(bytes.subarray(at, at + size));
    at += size;
  }
  yield bytes.subarray(at);
}

async function linesOf(text: string, sizes: readonly number[]): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const line of readLines(inPieces(new TextEncoder().encode(text), sizes))) {
    lines.push(line);
  }
  return lines;
}

test('lines come whole, however the stream is cut', async () => {
  const line = fc
    .string({ minLength: 1, unit: 'grapheme' })
    .filter((text) => !/[\n\r]/.test(text) && text.trim() !== '');
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.array(fc.integer({ min: 0, max: 7 })), async (lines, sizes) => {
      expect(await linesOf(lines.map((text) => `${text}\n`).join(''), sizes)).toEqual(lines);
    }),
  );
});

test('a line that the end cuts off, and empty ones, are none', async () => {
  expect(await linesOf('{"a":1}\n\n{"b":', [])).toEqual(['{"a":1}']);
});
