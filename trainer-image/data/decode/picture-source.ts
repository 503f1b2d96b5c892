/**
 * How a video of a data set becomes pictures, inside a decoder process: how it is opened, and which of its frames a clip is
 * made of. In: a name that came with the settings. Out: the source. What comes from it is cached and cut alike.
 */
import type { ClipGeometry } from '../clip-request.ts';
import { clipRange, clipSpan, frameIndices } from '../temporal-sampling.ts';
import type { Timeline } from './timeline.ts';
import { VideoFile } from './video-file.ts';
import type { VideoLimits } from './video-limits.ts';

/** `video-file`: anything that FFmpeg opens. */
export type PictureSourceName = 'video-file';

export interface PictureSource {
  /** @throws ClipFailure when it is no video of this kind; DiskError */
  open(path: string, limits: VideoLimits): VideoFile;
  /**
   * Indices of the frames of a clip, ascending.
   *
   * @param targetFps - frames per second at which strides are counted
   */
  framesOf(timeline: Timeline, clip: ClipGeometry, targetFps: number): Int32Array;
}

const VIDEO_FILES: PictureSource = {
  open: (path, limits) => VideoFile.open(path, limits),
  framesOf: ({ frames, fps }, clip, targetFps) => {
    const span = clipSpan(clip.frames, clip.stride, fps, targetFps);
    return frameIndices(
      frames,
      clipRange(frames, span, { kind: 'draw', draw: clip.temporalDraw }),
      clip.frames,
    );
  },
};

const SOURCES: Readonly<Record<PictureSourceName, PictureSource>> = { 'video-file': VIDEO_FILES };

export function pictureSource(name: PictureSourceName): PictureSource {
  return SOURCES[name];
}
