/**
 * Opens a video file with FFmpeg, and nothing but a file: playlists inside it cannot reach other protocols. In: a path. Out:
 * a container with its reader, or whether the video or the disk is to blame.
 */
import { AV_DISPOSITION_ATTACHED_PIC, AVIO_FLAG_READ, AVMEDIA_TYPE_VIDEO } from 'node-av/constants';
import { FFmpegError, FormatContext, IOContext, type Stream } from 'node-av/lib';
import { ClipFailure } from './clip-failure.ts';
import { openingFailure, throwDiskError } from './disk-trouble.ts';

/**
 * An open container; the caller ends it with {@link closeContainer}.
 *
 * Its reader is opened beside it: the binding shows the reader of no other container, and only the reader knows that a disk
 * failed while FFmpeg took what it had for the whole file.
 *
 * @param check - called when the header has been read and nothing has been decoded; what it throws ends the opening.
 * @throws ClipFailure UNREADABLE with FFmpeg's own words; DiskError when the disk is to blame.
 */
export function openContainer(path: string, check?: (container: FormatContext) => void): FormatContext {
  // The prefix keeps a colon in a file name from being read as a protocol.
  const url = `file:${path}`;
  const reader = new IOContext();
  const readable = reader.open2Sync(url, AVIO_FLAG_READ);
  if (readable < 0) {
    throw openingFailure(readable);
  }
  const container = new FormatContext();
  container.allocContext();
  container.setOption('protocol_whitelist', 'file');
  container.pb = reader;
  try {
    const opened = container.openInputSync(url);
    throwDiskError(container);
    if (opened < 0) {
      throw new ClipFailure('UNREADABLE', FFmpegError.strerror(opened));
    }
    check?.(container);
    // Fills in what headers leave out, by decoding the first pictures.
    const found = container.findStreamInfoSync();
    throwDiskError(container);
    if (found < 0) {
      throw new ClipFailure('UNREADABLE', FFmpegError.strerror(found));
    }
    return container;
  } catch (error) {
    closeContainer(container);
    throw error;
  }
}

/** Ends a container and its reader. */
export function closeContainer(container: FormatContext): void {
  container.closeInputSync();
  container.pb?.closepSync();
}

/** The track to show: the best one that is a video; undefined when there is none. The cover of a song is none. */
export function videoTrack(container: FormatContext): Stream | undefined {
  const index = container.findBestStream(AVMEDIA_TYPE_VIDEO);
  const stream = container.streams.find((candidate) => candidate.index === index);
  const isCover = stream !== undefined && (stream.disposition & AV_DISPOSITION_ATTACHED_PIC) !== 0;
  return isCover ? undefined : stream;
}
