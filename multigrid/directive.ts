/**
 * The directive: the one phase the trainer is to run now. Written by the operator into `status.directive`, read by
 * rank 0 of the trainer, acknowledged by `status.progress.generation`. Built from a plan by `directiveFor`. Who takes which
 * clips follows from the plan and the number of workers; the directive spells it out, so that both ends see that they agree.
 */
import { groupsOf } from './plan/groups.ts';
import type { Phase, Plan, ShortCycleShape } from './plan/types.ts';
import { type Sharing, sharingOf } from './sharing/share.ts';

export interface Directive {
  /** Grows by one with every directive of a job; progress with the same number acknowledges it. */
  readonly generation: number;
  readonly planHash: string;
  /** Index of the phase to run; a generation that repeats the index changes something else (workers, micro-batch). */
  readonly phase: number;
  readonly startEpoch: number;
  readonly endEpoch: number;
  readonly frames: number;
  readonly cropSize: number;
  readonly shortCycle: readonly ShortCycleShape[];
  readonly globalBatch: number;
  /** Clips per run of the step graph; 0: the trainer finds the largest that fits. */
  readonly microBatch: number;
  readonly learningRate: number;
  readonly iterationsPerEpoch: number;
  /** Number of the phase's last iteration, counted from the start of training, exclusive. */
  readonly lastIteration: number;
  readonly workers: number;
  /** Absent in directives of operators that knew no more than one worker. */
  readonly sharing?: DirectedSharing;
}

/**
 * Who takes which clips of every step, in the order of the ranks: each worker `each` units, the first `more` workers one more. In
 * clips they are those of the long-cycle shape; the other shapes of the short cycle are shared out by the same rule.
 */
export interface DirectedSharing extends Sharing {
  /** Batch-norm groups of every step over all workers. */
  readonly groups: number;
}

/** A directive that does not belong to the plan, is for another number of workers, or shares clips out in another way. */
export class DirectiveError extends Error {
  override readonly name = 'DirectiveError';
}

/** Iterations of one phase. */
export function phaseIterations(phase: Phase): number {
  return (phase.endEpoch - phase.startEpoch) * phase.iterationsPerEpoch;
}

/** Iterations of all phases before `phaseIndex`. */
export function iterationsBefore(phases: readonly Phase[], phaseIndex: number): number {
  return phases.slice(0, phaseIndex).reduce((sum, phase) => sum + phaseIterations(phase), 0);
}

/**
 * The directive that runs one phase of a plan.
 *
 * @throws RangeError when the plan has no phase of that index.
 */
export function directiveFor(
  plan: { readonly hash: string; readonly phases: readonly Phase[] },
  phaseIndex: number,
  settings: { readonly generation: number; readonly workers: number; readonly microBatch: number },
): Directive {
  const phase = plan.phases[phaseIndex];
  if (phase === undefined) {
    throw new RangeError(`the plan has ${plan.phases.length} phases, so there is no phase ${phaseIndex}`);
  }
  return {
    generation: settings.generation,
    planHash: plan.hash,
    phase: phase.index,
    startEpoch: phase.startEpoch,
    endEpoch: phase.endEpoch,
    frames: phase.frames,
    cropSize: phase.cropSize,
    shortCycle: phase.shortCycle,
    globalBatch: phase.globalBatch,
    microBatch: settings.microBatch,
    learningRate: phase.learningRate,
    iterationsPerEpoch: phase.iterationsPerEpoch,
    lastIteration: iterationsBefore(plan.phases, phaseIndex + 1),
    workers: settings.workers,
    sharing: directedSharing(phase, settings.workers),
  };
}

/**
 * Whether a directive is for the workers there are, and shares out the clips of its phase as this program does.
 *
 * @param trainingWorkers - those that train
 * @throws DirectiveError saying what it orders, and what follows from the plan or how many workers there are.
 */
export function checkDirective(
  { generation, phase: index, workers, sharing }: Directive,
  { phases }: Pick<Plan, 'phases'>,
  trainingWorkers: number,
): void {
  if (sharing === undefined) {
    return;
  }
  if (workers !== trainingWorkers) {
    throw new DirectiveError(
      `directive ${generation} is for ${workers} workers, but ${trainingWorkers} train; a new job takes the number that its ` +
        'spec asks for',
    );
  }
  const phase = phases[index];
  const expected = phase === undefined ? null : directedSharing(phase, workers);
  if (expected === null || inWords(sharing) !== inWords(expected)) {
    throw new DirectiveError(
      `directive ${generation} shares phase ${index + 1} among ${workers} workers as ${inWords(sharing)}; by the plan that ` +
        `is ${expected === null ? 'no phase' : inWords(expected)}. Operator and trainer must have the same version`,
    );
  }
}

function directedSharing(phase: Phase, workers: number): DirectedSharing {
  const groups = groupsOf(phase);
  return { groups, ...sharingOf({ clips: phase.globalBatch, groups }, workers) };
}

function inWords({ groups, unit, each, more }: DirectedSharing): string {
  const units = unit === 'Group' ? 'groups' : 'clips';
  return `${groups} groups, ${each} ${units} each and one more for the first ${more}`;
}
