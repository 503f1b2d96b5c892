import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { InOrder } from './in-order.ts';
import { ScoreSheet } from './scores.ts';

const CLASSES = 3;
const view = fc.record({
  sample: fc.integer({ min: 0, max: 4 }),
  logits: fc.array(fc.float({ min: -9, max: 9, noNaN: true }), { minLength: CLASSES, maxLength: CLASSES }),
});
type View = typeof view extends fc.Arbitrary<infer Value> ? Value : never;
/** Views, and the order in which lanes are done with them. */
const doneInAnyOrder = fc.array(view, { minLength: 1, maxLength: 40 }).chain((views) =>
  fc.record({
    views: fc.constant(views),
    order: fc.shuffledSubarray([...views.keys()], { minLength: views.length }),
  }),
);

function sheetOf(): { readonly sheet: ScoreSheet; readonly add: (view: View) => void } {
  const sheet = new ScoreSheet(CLASSES, 'crossEntropy');
  return {
    sheet,
    add: ({ sample, logits }) => {
      sheet.add(sample, [sample % CLASSES], Float32Array.from(logits));
    },
  };
}

describe('results that lanes bring in any order', () => {
  test('make the very scores of results that come in order', () => {
    fc.assert(
      fc.property(doneInAnyOrder, ({ views, order }) => {
        const [calm, hasty] = [sheetOf(), sheetOf()];
        views.forEach(calm.add);
        const inOrder = new InOrder(hasty.add);
        order.forEach((number) => {
          inOrder.put(number, views[number]!);
        });
        expect(hasty.sheet.read()).toStrictEqual(calm.sheet.read());
      }),
    );
  });

  test('wait for those before them', () => {
    const taken: string[] = [];
    const inOrder = new InOrder<string>((value) => taken.push(value));
    inOrder.put(1, 'second');
    expect(taken).toEqual([]);
    inOrder.put(0, 'first');
    inOrder.put(2, 'third');
    expect(taken).toEqual(['first', 'second', 'third']);
  });
});
