import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { closingAll } from './closing.ts';

interface Course {
  readonly closed: readonly number[];
  readonly reported: readonly string[];
  /** What came out: the result, or the message of the error. */
  readonly end: string;
}

/** Opens `count` things; the ones in `stuck` cannot be closed, and the work fails after the thing of number `failing`. */
async function course(count: number, stuck: readonly number[], failing: number | null): Promise<Course> {
  const closed: number[] = [];
  const reported: string[] = [];
  const work = closingAll(
    async (opened) => {
      for (let number = 0; number < count; number += 1) {
        opened.keep(`thing ${number}`, number, async (thing) => {
          await Promise.resolve();
          closed.push(thing);
          if (stuck.includes(thing)) {
            throw new Error(`thing ${thing} is stuck`);
          }
        });
        await Promise.resolve();
        if (number === failing) {
          throw new Error('the work failed');
        }
      }
      return 'done';
    },
    (what) => {
      reported.push(what);
    },
  );
  const end = await work.catch((error: unknown) => (Error.isError(error) ? error.message : 'no error'));
  return { closed, reported, end };
}

const courses = fc
  .integer({ min: 1, max: 8 })
  .chain((count) =>
    fc.tuple(
      fc.constant(count),
      fc.subarray([...Array(count).keys()]),
      fc.option(fc.integer({ min: 0, max: count - 1 })),
    ),
  );

describe('what was opened', () => {
  test('is closed, all of it and the last first, wherever the work fails and whatever cannot be closed', async () => {
    await fc.assert(
      fc.asyncProperty(courses, async ([count, stuck, failing]) => {
        const { closed, reported } = await course(count, stuck, failing);
        const opened = [...Array(failing === null ? count : failing + 1).keys()];
        expect(closed).toEqual(opened.toReversed());
        expect(reported).toEqual(
          closed.filter((thing) => stuck.includes(thing)).map((thing) => `thing ${thing}`),
        );
      }),
    );
  });

  test('never hides why the work failed behind an error of closing', async () => {
    await fc.assert(
      fc.asyncProperty(courses, async ([count, stuck, failing]) => {
        const { end } = await course(count, stuck, failing);
        const last = stuck.at(-1);
        const wanted = last === undefined ? 'done' : `thing ${last} is stuck`;
        expect(end).toBe(failing === null ? wanted : 'the work failed');
      }),
    );
  });
});
