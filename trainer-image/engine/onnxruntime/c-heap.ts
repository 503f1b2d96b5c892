/**
 * Memory that native code has freed, back to the system. glibc keeps it for itself: sessions are built with many small
 * pieces and leave hundreds of MiB behind, which count as the process's own.
 */
import { type NativeFunction, openLibrary } from '../../native/c-library.ts';

/** Undefined: not asked yet; null: there is none. */
let trim: NativeFunction | null | undefined;

/** Does nothing where the C library is not glibc: others give memory back by themselves, or cannot. */
export function giveFreedMemoryBack(): void {
  trim ??= findTrim();
  // Its argument is what may stay at the end of the heap, bytes.
  trim?.(0);
}

function findTrim(): NativeFunction | null {
  const library = process.platform === 'linux' ? openLibrary('libc.so.6') : 'another system';
  if (typeof library === 'string') {
    return null;
  }
  try {
    return library.function('malloc_trim', 'int', ['size_t']);
  } catch {
    // A C library of that name without the function: nothing to be done, and nothing lost.
    return null;
  }
}
