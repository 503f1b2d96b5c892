/**
 * Decoded videos in memory, up to a budget: admitted until full, never evicted to make room. Epochs visit every video once
 * in random order, so what would be evicted is as likely to come next as anything else; a fixed set gives the best hit
 * rate there is. One decoder process holds one.
 */
import { CachedVideo, decodedBytes } from './cached-video.ts';
import type { VideoFile } from './video-file.ts';

export class VideoCache {
  readonly #videos = new Map<string, CachedVideo>();
  #freeBytes: number;

  constructor(budgetBytes: number) {
    this.#freeBytes = budgetBytes;
  }

  get(path: string): CachedVideo | undefined {
    return this.#videos.get(path);
  }

  forget(path: string): void {
    this.#freeBytes += this.#videos.get(path)?.bytes ?? 0;
    this.#videos.delete(path);
  }

  /** Decodes the whole video and keeps it, when there is room; undefined when there is not. */
  admit(path: string, file: VideoFile): CachedVideo | undefined {
    if (decodedBytes(file) > this.#freeBytes) {
      return undefined;
    }
    const video = new CachedVideo(file);
    this.#freeBytes -= video.bytes;
    this.#videos.set(path, video);
    return video;
  }
}
