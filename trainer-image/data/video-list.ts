/**
 * A list of videos with their classes: what every dataset format is read into, and what the loader decodes from. The
 * index of a video in the list is its sample number everywhere else.
 */

export interface LabelledVideo {
  /** Absolute path. */
  readonly path: string;
  /** Classes, each 0 .. numClasses - 1: one, or any number where the loss takes several. */
  readonly labels: readonly number[];
}

export interface VideoList {
  /** Where the list came from, for messages. */
  readonly source: string;
  readonly videos: readonly LabelledVideo[];
  readonly numClasses: number;
}

/** Thrown when a list of videos cannot be used; the message names the file, the lines and what to change. */
export class VideoListError extends Error {
  override readonly name = 'VideoListError';
  readonly source: string;

  constructor(source: string, problem: string, options?: ErrorOptions) {
    super(`The video list ${source} cannot be used: ${problem}`, options);
    this.source = source;
  }
}
