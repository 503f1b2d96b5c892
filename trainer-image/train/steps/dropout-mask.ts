/**
 * Dropout masks, made on the host so that every execution provider and every lane layout sees the same ones: whether a
 * feature of a clip is kept is a pure function of (seed, iteration, position of the clip in the global batch, feature).
 * `step.ts` fills one mask per run.
 */

export interface DropoutSettings {
  readonly seed: number;
  readonly iteration: number;
  /** Position of the mask's first clip in the global batch. */
  readonly firstClip: number;
  readonly clips: number;
  readonly features: number;
  /** Share of features dropped, 0 <= rate < 1. */
  readonly rate: number;
}

/**
 * Fills `mask`, float32 `[features, clips]`, with 1 / (1 - rate) where a feature is kept and 0 where it is dropped.
 */
export function fillDropoutMask(mask: Float32Array, settings: DropoutSettings): void {
  const { clips, features, rate } = settings;
  const kept = 1 / (1 - rate);
  const threshold = rate * 2 ** 32;
  const base = mix(mix(settings.seed >>> 0) ^ (settings.iteration >>> 0));
  for (let clip = 0; clip < clips; clip += 1) {
    const clipKey = mix(base ^ (settings.firstClip + clip + 1));
    for (let feature = 0; feature < features; feature += 1) {
      mask[feature * clips + clip] = mix(clipKey + Math.imul(feature, 0x9e3779b9)) >= threshold ? kept : 0;
    }
  }
}

/** A 32-bit finaliser with full avalanche (the "lowbias32" constants of C. Wellons). */
function mix(value: number): number {
  let x = value >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}
