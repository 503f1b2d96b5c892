/**
 * Opens a video file with FFmpeg, and nothing but a file: playlists inside it cannot reach other protocols. Called by
 * the video file and by the packet count.
 */
import { FFmpegError, FormatContext } from 'node-av/lib';
import { ClipFailure } from './clip-failure.ts';

/**
 * An open container; the caller ends it with `closeInputSync`.
 *
 * @throws {@link ClipFailure} UNREADABLE with FFmpeg's own words.
 */
export function openContainer(path: string): FormatContext {
  const container = new FormatContext();
  container.allocContext();
  container.setOption('protocol_whitelist', 'file');
  // The prefix keeps a colon in a file name from being read as a protocol.
  const opened = container.openInputSync(`file:${path}`);
  if (opened < 0) {
    throw new ClipFailure('UNREADABLE', FFmpegError.strerror(opened));
  }
  const found = container.findStreamInfoSync();
  if (found < 0) {
    container.closeInputSync();
    throw new ClipFailure('UNREADABLE', FFmpegError.strerror(found));
  }
  return container;
}
