import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { directiveFor, type Directive } from '../../multigrid/directive.ts';
import { makePlan, makeProgress } from '../../test/support/run/jobs.ts';
import { phaseToRun } from './advance.ts';

const PHASES = 4;
const plan = makePlan(PHASES);
const directiveOf = (generation: number, phase: number): Directive =>
  directiveFor(plan, phase, { generation, workers: 1, microBatch: 0 });

/**
 * A trainer and an operator that hear of each other late, early, or not at all for a while: what happens next is drawn
 * at random. The trainer starts a phase on a directive that reaches so far, or alone when its patience is over.
 */
class Conversation {
  phase: number;
  directive = directiveOf(1, 0);
  readonly started: number[] = [];
  #generation = 0;
  #isWaiting = false;

  constructor(startPhase: number) {
    this.phase = startPhase;
  }

  operatorLooks(): void {
    const state = this.#isWaiting ? 'Waiting' : 'Training';
    const progress = makeProgress({ generation: this.#generation, phase: this.phase, state, iteration: 1 });
    const phase = phaseToRun(this.directive, progress, PHASES);
    if (phase !== this.directive.phase) {
      this.directive = directiveOf(this.directive.generation + 1, phase);
    }
  }

  trainerLooks(): void {
    const { generation, phase } = this.directive;
    if (!this.#isWaiting) {
      this.#generation = generation;
    } else if (phase > this.phase) {
      this.#generation = generation;
      this.#start();
    }
  }

  trainerReachesBorder(): void {
    this.#isWaiting = true;
  }

  trainerLosesPatience(): void {
    if (this.#isWaiting) {
      this.#start();
    }
  }

  #start(): void {
    if (this.phase < PHASES - 1) {
      this.phase += 1;
      this.#isWaiting = false;
      this.started.push(this.phase);
    }
  }
}

describe('leading a trainer', () => {
  test('skips and repeats no phase and ends at the last, whoever is late', () => {
    const acts = ['operatorLooks', 'trainerLooks', 'trainerReachesBorder', 'trainerLosesPatience'] as const;
    fc.assert(
      fc.property(
        fc.nat(PHASES - 1),
        fc.array(fc.constantFrom(...acts), { maxLength: 60 }),
        (start, sequence) => {
          const conversation = new Conversation(start);
          for (const act of sequence) {
            conversation[act]();
          }
          for (let round = 0; round < PHASES; round += 1) {
            conversation.trainerReachesBorder();
            conversation.operatorLooks();
            conversation.trainerLooks();
          }
          const expected = Array.from({ length: PHASES - 1 - start }, (_, index) => start + 1 + index);
          expect(conversation.started).toEqual(expected);
          expect(conversation.directive.phase).toBe(PHASES - 1);
        },
      ),
    );
  });

  test('is calm: what it answers once, it answers again', () => {
    const states = fc.constantFrom('Preparing', 'Training', 'Waiting', 'Evaluating' as const);
    const index = fc.nat(PHASES - 1);
    fc.assert(
      fc.property(
        index,
        index,
        fc.nat(3),
        states,
        fc.nat(1),
        (directed, phase, generation, state, iteration) => {
          const progress = makeProgress({ phase, generation, state, iteration });
          const first = phaseToRun(directiveOf(2, directed), progress, PHASES);
          const next = directiveOf(first === directed ? 2 : 3, first);
          expect(phaseToRun(next, progress, PHASES)).toBe(first);
        },
      ),
    );
  });
});
