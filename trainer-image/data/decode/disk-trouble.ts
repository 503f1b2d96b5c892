/**
 * Tells a video that is bad from a disk that is in trouble. In come FFmpeg's answers, which mix both, out come errors of
 * two classes: `DiskError` for what the disk did, `ClipFailure` for what the file holds. FFmpeg carries the system's errors
 * as negative numbers, but several of its formats also answer EIO to a file that is only cut short; what the disk said
 * stands in the container's reader, or shows when the file is read without FFmpeg.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { FFmpegError, type FormatContext } from 'node-av/lib';
import { DiskError, errorName, systemErrorName } from '../../../storage/trouble.ts';
import { ClipFailure } from './clip-failure.ts';

const CHUNK_BYTES = 2 ** 20;

/** @throws {@link DiskError} when the disk failed a read of this container, of which FFmpeg may have said nothing. */
export function throwDiskError(container: FormatContext): void {
  const code = container.pb?.error ?? 0;
  const name = code < 0 ? errorName(code) : null;
  if (name !== null) {
    throw new DiskError(name, FFmpegError.strerror(code));
  }
}

/**
 * What a failed opening means.
 *
 * @param code - FFmpeg's, below 0
 */
export function openingFailure(path: string, code: number): ClipFailure | DiskError {
  if (errorName(code) !== null) {
    try {
      readThrough(path);
    } catch (error) {
      const name = systemErrorName(error);
      if (name !== null) {
        const words = name === errorName(code) ? FFmpegError.strerror(code) : String(error);
        return new DiskError(name, words, { cause: error });
      }
      throw error;
    }
  }
  return new ClipFailure('UNREADABLE', FFmpegError.strerror(code));
}

/** @throws the file system's error when any byte of the file cannot be read. */
function readThrough(path: string): void {
  const chunk = new Uint8Array(CHUNK_BYTES);
  const file = openSync(path, 'r');
  try {
    while (readSync(file, chunk) > 0) {
      // Only whether it can be read is of interest.
    }
  } finally {
    closeSync(file);
  }
}
