/**
 * The account of clips that could not be made: which file, why, how often; and the moment when there are too many. The
 * loader notes every failure here; the trainer shows the list.
 */
import type { FailureReason } from './decode/clip-failure.ts';

export interface BadClip {
  readonly path: string;
  readonly reason: FailureReason;
  /** The decoder's words for the latest one. */
  readonly message: string;
  /** How many clips of this file failed for this reason. */
  readonly count: number;
}

/** Thrown when more videos than the limit cannot be used, or a clip cannot be replaced by any other. */
export class BadDataError extends Error {
  override readonly name = 'BadDataError';
  readonly badClips: readonly BadClip[];

  constructor(problem: string, badClips: readonly BadClip[]) {
    const list = badClips
      .slice(0, LISTED)
      .map(({ path, reason, message }) => `\n  ${path}: ${reason}, ${message}`);
    const more = badClips.length > LISTED ? `\n  and ${badClips.length - LISTED} more` : '';
    super(problem + list.join('') + more);
    this.badClips = badClips;
  }
}

const LISTED = 20;

export class BadClipLedger {
  readonly #clips = new Map<string, BadClip>();
  readonly #files = new Set<string>();
  readonly #videos: number;
  readonly #allowedFraction: number;

  /**
   * @param videos - in the list.
   * @param allowedFraction - of them may be bad, 0 to 1; unless it is 0, one always may.
   */
  constructor(videos: number, allowedFraction: number) {
    this.#videos = videos;
    this.#allowedFraction = allowedFraction;
  }

  get list(): readonly BadClip[] {
    return [...this.#clips.values()];
  }

  /** Notes one failed clip; returns the entry, whose count tells whether it is news. */
  note(path: string, reason: FailureReason, message: string): BadClip {
    const key = `${reason} ${path}`;
    const clip = { path, reason, message, count: (this.#clips.get(key)?.count ?? 0) + 1 };
    this.#clips.set(key, clip);
    return clip;
  }

  /**
   * Notes that a file was given up.
   *
   * @throws {@link BadDataError} when that makes too many.
   */
  giveUp(path: string): void {
    this.#files.add(path);
    const bad = this.#files.size;
    const allowed = this.#allowedFraction === 0 ? 0 : Math.max(1, this.#allowedFraction * this.#videos);
    if (bad > allowed) {
      const percent = (fraction: number): string => `${Number((100 * fraction).toFixed(1))} %`;
      throw new BadDataError(
        `${bad} of ${this.#videos} videos (${percent(bad / this.#videos)}) cannot be used, and the limit is ` +
          `${percent(this.#allowedFraction)}. Repair them, take them out of the list, or raise ` +
          'spec.data.loader.maxBadFraction:',
        this.list,
      );
    }
  }
}
