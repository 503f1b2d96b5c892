/**
 * What tells the networks apart, one row per pathway: temporal kernels of the stem and of every stage, and whether time
 * is halved after the first stage (method of the papers; the widths are the same in all). In: nothing. Out: the table
 * that `stages.ts` and the network functions read.
 */

export interface Pathway {
  /** Frames of the stem's kernel. */
  readonly stemFrames: number;
  /** For each of the four stages the temporal kernels of its blocks, repeated along the stage. */
  readonly temporalKernels: readonly (readonly number[])[];
  /** Max pooling of two frames after the first stage. */
  readonly poolsTime: boolean;
}

export type PathwayName = 'c2d' | 'i3d' | 'slow' | 'fast';

export const PATHWAYS: Readonly<Record<PathwayName, Pathway>> = {
  c2d: { stemFrames: 1, temporalKernels: [[1], [1], [1], [1]], poolsTime: true },
  i3d: { stemFrames: 5, temporalKernels: [[3], [3, 1], [3, 1], [1, 3]], poolsTime: true },
  // Motion only where receptive fields are wide enough to see it.
  slow: { stemFrames: 1, temporalKernels: [[1], [1], [3], [3]], poolsTime: false },
  fast: { stemFrames: 5, temporalKernels: [[3], [3], [3], [3]], poolsTime: false },
};
