/**
 * Which phase the trainer is to run now. In comes the directive it was given and what it says of itself; out comes the
 * same phase, or the one to lead it to. It goes on at a border, follows a trainer that went on by itself while the
 * operator was away, and goes back with one that came up from an earlier checkpoint.
 */
import type { Directive } from '../../multigrid/directive.ts';
import type { Progress } from '../../multigrid/progress.ts';

/**
 * @param progress - said by the workers there are now, not by those before them
 * @returns index of the phase; the directive's own when nothing is to change
 */
export function phaseToRun(directive: Directive, progress: Progress, phases: number): number {
  const { phase, state, generation, iteration } = progress;
  // At the end of the last phase there is nothing to lead to: the trainer tests and ends.
  const next = Math.min(state === 'Waiting' ? phase + 1 : phase, phases - 1);
  if (next >= directive.phase) {
    // At a border, or on its own since no directive came in time: told what it does already, it is led again.
    return next;
  }
  // Behind the directive. Either it has not taken it yet, or it cannot: its checkpoint lies before that phase.
  const hasTaken = generation === directive.generation;
  // Phase 0 of a trainer that has only just come up may mean that it has not looked for a checkpoint yet.
  const hasLoaded = generation === 0 && (iteration > 0 || state !== 'Preparing');
  return hasTaken || hasLoaded ? next : directive.phase;
}
