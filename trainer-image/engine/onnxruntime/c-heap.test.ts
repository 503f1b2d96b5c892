import { memoryUsage, platform } from 'node:process';
import { expect, test } from '@jest/globals';
import koffi from 'koffi';
import { giveFreedMemoryBack } from './c-heap.ts';

const PIECES = 60_000;
const PIECE_BYTES = 2048;

/** 117 MiB in small pieces of which the last stays, so that the heap cannot shrink by itself. */
function useAndFree(): () => void {
  const pieces: readonly unknown[] = Array.from({ length: PIECES }, (): unknown =>
    koffi.alloc('char', PIECE_BYTES),
  );
  pieces.forEach((piece) => {
    koffi.encode(piece, 0, 'char', 1);
  });
  const last = pieces.at(-1);
  pieces.slice(0, -1).forEach((piece) => {
    koffi.free(piece);
  });
  return () => {
    koffi.free(last);
  };
}

// Elsewhere there is nothing to be called.
const onLinux = platform === 'linux' ? test : test.skip;

onLinux('memory that native code freed goes back to the system', () => {
  const finish = useAndFree();
  const before = memoryUsage.rss();
  giveFreedMemoryBack();
  const freed = before - memoryUsage.rss();
  finish();
  expect(freed).toBeGreaterThan((PIECES * PIECE_BYTES) / 2);
});
