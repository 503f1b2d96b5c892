/** What a directive says of the workers' shares, and that whoever receives it finds out what does not fit. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { makePhase, makePlan } from '../test/support/run/jobs.ts';
import { checkDirective, type Directive, DirectiveError, directiveFor } from './directive.ts';
import { rangeOf } from './sharing/even-ranges.ts';
import { shareOf } from './sharing/share.ts';

const PLAN = makePlan(2, {
  phases: [
    makePhase(0, { globalBatch: 64, groups: 8 }),
    makePhase(1, { globalBatch: 16, groups: 2, frames: 16 }),
  ],
});

function directive(phase: number, workers: number): Directive {
  return directiveFor(PLAN, phase, { generation: 3, workers, microBatch: 0 });
}

describe('a directive', () => {
  test('spells out who takes what, in groups or in clips', () => {
    expect(directive(0, 3).sharing).toEqual({ groups: 8, unit: 'Group', each: 2, more: 2 });
    expect(directive(1, 3).sharing).toEqual({ groups: 2, unit: 'Clip', each: 5, more: 1 });
    expect(directive(0, 1).sharing).toEqual({ groups: 8, unit: 'Group', each: 8, more: 0 });
  });

  test('says all that a rank needs to find its clips', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 16 }), fc.integer({ min: 0, max: 1 }), (workers, index) => {
        const { sharing, globalBatch } = directive(index, workers);
        const unitClips = sharing?.unit === 'Group' ? globalBatch / sharing.groups : 1;
        for (let rank = 0; rank < workers; rank += 1) {
          const units = rangeOf(sharing!, rank);
          const batch = { clips: globalBatch, groups: sharing!.groups };
          const { clips } = shareOf(batch, rank, { workers, acrossWorkers: 'Synchronize' });
          expect(clips).toEqual({ first: units.first * unitClips, count: units.count * unitClips });
        }
      }),
    );
  });

  test('that fits its plan is taken, and so is one of an operator that knew one worker only', () => {
    const given = directive(1, 5);
    expect(() => {
      checkDirective(given, PLAN, 5);
    }).not.toThrow();
    const { sharing, ...ofBefore } = given;
    expect(sharing).toBeDefined();
    expect(() => {
      checkDirective(ofBefore, PLAN, 5);
    }).not.toThrow();
  });

  test.each<[string, Partial<Directive>]>([
    ['a phase that the plan does not have', { phase: 2 }],
    ['other workers than it was made for', { workers: 4 }],
    ['other groups', { sharing: { groups: 1, unit: 'Clip', each: 5, more: 1 } }],
    ['another unit', { sharing: { groups: 2, unit: 'Group', each: 5, more: 1 } }],
    ['a clip lost', { sharing: { groups: 2, unit: 'Clip', each: 5, more: 0 } }],
  ])('with %s is refused, with both numbers', (_what, change) => {
    const check = (): void => {
      const given = { ...directive(1, 3), ...change };
      checkDirective(given, PLAN, given.workers);
    };
    expect(check).toThrow(DirectiveError);
    expect(check).toThrow(
      /directive 3 shares phase \d among \d workers as \d groups, .*by the plan that is/u,
    );
  });

  test('for other workers than there are is refused, with both numbers', () => {
    expect(() => {
      checkDirective(directive(1, 8), PLAN, 9);
    }).toThrow(/directive 3 is for 8 workers, but 9 train/u);
  });

  test('for no phase of the plan cannot be made', () => {
    expect(() => directive(2, 1)).toThrow(RangeError);
  });
});
