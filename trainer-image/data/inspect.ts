/**
 * What a video file is: size, length, rate. Opens the file in this process, so it is for files one trusts: dataset
 * tools and tests. The trainer never calls it.
 */
import { VideoFile } from './decode/video-file.ts';

export interface VideoFacts {
  /** Pixels, as shown (rotation applied). */
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  /** Mean frames per second. */
  readonly fps: number;
  readonly durationSeconds: number;
}

/** @throws ClipFailure when the file is no video; its `reason` says why. */
export function videoFacts(path: string): VideoFacts {
  const file = VideoFile.open(path, { minSide: 1, maxPixels: Infinity });
  const { size, timeline } = file;
  file.close();
  const { frames, fps } = timeline;
  return { width: size.width, height: size.height, frames, fps, durationSeconds: frames / fps };
}
