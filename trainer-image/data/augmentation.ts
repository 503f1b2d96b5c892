/**
 * How training clips are varied beyond where they are cut from. What happens to a clip is drawn with its request, so that it
 * is the same wherever and whenever the clip is made; it is applied by the decoder that makes the clip; and it may soften
 * the clip's classes. In: draws, and labels of a video. Out: changes, and targets for the loss. Pure.
 */

/** One change of a clip after cropping. `mirror`: left to right. */
export type ClipChange = 'mirror';

/** What the loss wants of one clip: classes with their weights, every other class with 0. */
export type ClipTarget = readonly { readonly label: number; readonly weight: number }[];

export interface Augmentation {
  /** Uniform draws that a clip takes. */
  readonly draws: number;
  /**
   * What happens to a clip, in this order.
   *
   * @param drawn - as many numbers in [0, 1) as `draws` says
   */
  readonly changesOf: (drawn: readonly number[]) => readonly ClipChange[];
  /** The target of a clip of a video with these classes. */
  readonly targetOf: (labels: readonly number[]) => ClipTarget;
}

/** Every class of the video with its whole weight. */
function whole(labels: readonly number[]): ClipTarget {
  return labels.map((label) => ({ label, weight: 1 }));
}

/** Clips as they are cut. */
export const NO_AUGMENTATION: Augmentation = {
  draws: 0,
  changesOf: () => [],
  targetOf: whole,
};

/** Half of the clips mirrored, as in the reference (`random_horizontal_flip`). */
export const MIRROR_HALF: Augmentation = {
  draws: 1,
  changesOf: ([draw = 1]) => (draw < 0.5 ? ['mirror'] : []),
  targetOf: whole,
};
