/**
 * The random numbers of one video, in order: a cursor over Philox blocks that are named by (seed, split, index, purpose).
 * Same name, same numbers, whichever process asks and in whatever order the videos are made, so two processes can share
 * a dataset and an interrupted one can be completed. scene.ts draws what is in a video from one, render.ts the noise.
 */
import { philox, type Words } from '../../../trainer-image/data/philox.ts';
import { SPLITS, type Split } from './recipe.ts';

/** Which video of which dataset. */
export interface VideoKey {
  /** Non-negative safe integer. */
  readonly seed: number;
  readonly split: Split;
  /** 0-based number of the video in its split. */
  readonly index: number;
}

/** Keeps what is in a video apart from its noise: more draws for one do not shift the other. */
const PURPOSES = { scene: 0, noise: 1 } as const;

const WORD = 2 ** 32;

export class RandomStream {
  readonly #video: VideoKey;
  readonly #purpose: number;
  #block: Words = [0, 0, 0, 0];
  #drawn = 0;

  constructor(video: VideoKey, purpose: keyof typeof PURPOSES) {
    this.#video = video;
    this.#purpose = PURPOSES[purpose];
  }

  /** A uniform integer in [0, 2^32). */
  nextWord(): number {
    const lane = this.#drawn % 4;
    if (lane === 0) {
      const { seed, split, index } = this.#video;
      const counter: Words = [index, SPLITS.indexOf(split), this.#purpose, this.#drawn / 4];
      this.#block = philox(counter, [seed >>> 0, Math.floor(seed / WORD)]);
    }
    this.#drawn += 1;
    return this.#block[lane]!;
  }

  /** A uniform number in [0, 1). */
  next(): number {
    return this.nextWord() / WORD;
  }

  /** A uniform number between both ends of a range. */
  within([low, high]: readonly [low: number, high: number]): number {
    return low + (high - low) * this.next();
  }

  /** A uniform integer in [0, count). */
  below(count: number): number {
    return Math.floor(this.next() * count);
  }
}
