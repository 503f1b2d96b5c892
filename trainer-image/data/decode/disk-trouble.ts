/**
 * Tells a video that is bad from a disk that is in trouble. In come FFmpeg's answers, which mix both, out come errors of
 * two classes: `DiskError` for what the disk did, `ClipFailure` for what the file holds. FFmpeg carries the system's errors
 * as negative numbers, but several of its formats also answer EIO to a file that is only cut short; what the disk said
 * stands in the container's reader alone.
 */
import { FFmpegError, type FormatContext } from 'node-av/lib';
import { DiskError, errorName } from '../../../storage/trouble.ts';
import { ClipFailure } from './clip-failure.ts';

/** @throws {@link DiskError} when the disk failed a read of this container, of which FFmpeg may have said nothing. */
export function throwDiskError(container: FormatContext): void {
  const code = container.pb?.error ?? 0;
  const name = code < 0 ? errorName(code) : null;
  if (name !== null) {
    throw new DiskError(name, FFmpegError.strerror(code));
  }
}

/**
 * What a failed opening of the file itself means, before any format is asked.
 *
 * @param code - FFmpeg's, below 0
 */
export function openingFailure(code: number): ClipFailure | DiskError {
  const words = FFmpegError.strerror(code);
  const name = errorName(code);
  return name === null ? new ClipFailure('UNREADABLE', words) : new DiskError(name, words);
}
