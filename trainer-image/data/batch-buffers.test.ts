import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BatchBuffers } from './batch-buffers.ts';

test('hands a returned buffer out again for batches of its size and a little less, not for much smaller ones', () => {
  const buffers = new BatchBuffers();
  const first = buffers.borrow(1000);
  buffers.giveBack(first);
  expect(buffers.borrow(400).buffer).not.toBe(first.buffer);
  const again = buffers.borrow(900);
  expect(again.buffer).toBe(first.buffer);
  expect(again.length).toBe(900);
  buffers.giveBack(again);
  expect(buffers.borrow(1000).buffer).toBe(first.buffer);
});

test('never has two borrowers of one buffer, and gives exactly what was asked for', () => {
  const actions = fc.array(fc.record({ bytes: fc.integer({ min: 1, max: 50 }), isReturn: fc.boolean() }), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(actions, (steps) => {
      const buffers = new BatchBuffers();
      const out: Uint8Array<ArrayBuffer>[] = [];
      for (const { bytes, isReturn } of steps) {
        const returned = isReturn ? out.shift() : undefined;
        if (returned !== undefined) {
          buffers.giveBack(returned);
        }
        const borrowed = buffers.borrow(bytes);
        expect(borrowed.length).toBe(bytes);
        expect(out.some(({ buffer }) => buffer === borrowed.buffer)).toBe(false);
        out.push(borrowed);
      }
    }),
  );
});
