/** What the checks of a plan look at, and what they answer with. */
import type { Segment } from '../segment.ts';
import type { Phase } from '../types.ts';

export interface PlanFacts {
  readonly segments: readonly Segment[];
  readonly phases: readonly Phase[];
  readonly epochs: number;
  /** Number of training clips. */
  readonly clips: number;
}

/** Reasons why a plan must not be run; stable, part of the public plan format. */
export type ProblemCode =
  | 'StepsNotAscending'
  | 'LongCycleNeedsSteps'
  | 'NoEpochs'
  | 'FullShapeVanished'
  | 'ShapeRoundsToNothing'
  | 'FramesUnfit'
  | 'CropTooSmall'
  | 'ShapeTooLarge'
  | 'ShortCycleBatchZero'
  | 'BatchSmallerThanWorkers'
  | 'BatchSmallerThanGroup'
  | 'GroupsDoNotDivideBatch'
  | 'TooFewClips';
